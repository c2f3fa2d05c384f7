import Checkpoint
import Foundation
public import Layers
import Tensors
public import Zoo

/// An architecture as a graph of operations: what an imported model is, as text in its checkpoints.
public struct GraphDefinition: Sendable, Hashable, Codable {
  /// What the text says it is.
  private static let format = "zoo-graph"
  private static let version = 1
  /// Longer texts are not read.
  private static let mostBytes = 16 << 20
  /// Longer texts are not kept, in bytes of a text in JSON: with what else a checkpoint says, all of it is read again.
  private static let mostKeptBytes = 15 << 20
  /// Longer descriptions are not taken, in bytes.
  private static let longestText = 1000

  private var format = GraphDefinition.format
  private var version = GraphDefinition.version
  /// One sentence about the model.
  public let summary: String
  /// Where it comes from.
  public let source: String
  /// Height and width of the images that it was made for, in pixels.
  public let inputSize: Int
  /// The number of logits.
  public let classes: Int
  /// How images are prepared where a checkpoint does not say it.
  public let evaluation: EvaluationPreset
  /// The operations.
  public let graph: StoredGraph

  /// A definition.
  public init(
    summary: String, source: String, inputSize: Int, classes: Int, evaluation: EvaluationPreset, graph: StoredGraph
  ) {
    self.summary = summary
    self.source = source
    self.inputSize = inputSize
    self.classes = classes
    self.evaluation = evaluation
    self.graph = graph
  }

  /// Whether a text is one, and not YAML.
  static func isOne(_ text: String) -> Bool { text.hasPrefix("{") && text.prefix(4096).contains("\"\(format)\"") }

  /// The text.
  public var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Reads a text.
  /// - Throws: `ZooError` that says what is wrong with it.
  init(text: String, name: String) throws(ZooError) {
    func refuse(_ message: String) -> ZooError { ZooError(.argument, model: name, message) }
    guard text.utf8.count <= Self.mostBytes else { throw refuse("its graph has more than \(Self.mostBytes >> 20) MiB") }
    do {
      self = try JSONDecoder().decode(GraphDefinition.self, from: Data(text.utf8))
    } catch {
      throw refuse(
        "the graph in the checkpoint cannot be read; use another copy of the file, or another version of zoo")
    }
    guard format == Self.format, version == Self.version else {
      throw refuse("the graph in the checkpoint is of version \(version); this build reads version \(Self.version)")
    }
    try check(name)
  }

  /// Refuses what cannot be.
  private func check(_ name: String) throws(ZooError) {
    func refuse(_ message: String) -> ZooError { ZooError(.argument, model: name, message) }
    guard (1...4096).contains(inputSize), (1...1_000_000).contains(classes) else {
      throw refuse(
        "images of \(inputSize) pixels and \(classes) classes make no sense; at most 4096 and 1,000,000 are taken")
    }
    // Names and texts of a foreign file reach the terminal.
    let names = graph.nodes.lazy.flatMap { [$0.name] + $0.parameters }
    guard (Array(names) + [summary, source]).allSatisfy({ $0 == $0.terminalEscaped }) else {
      throw refuse("the graph in the checkpoint has names with control characters: it is damaged, or meant to deceive")
    }
    guard max(summary.utf8.count, source.utf8.count) <= Self.longestText else {
      throw refuse("the graph in the checkpoint has a description of more than \(Self.longestText) bytes")
    }
    let result: Shape
    do throws(LayersError) {
      let network = try graph.graph()
      result = try network.shapes(input: [graph.inputChannels, inputSize, inputSize])[network.output.index]
    } catch {
      throw refuse("the graph in the checkpoint makes no sense: \(error)")
    }
    guard result == [classes] else {
      throw refuse(
        "the graph in the checkpoint gives \([1] + result.dimensions), but \(classes) classes need [1, \(classes)]; "
          + "use another copy of the file")
    }
  }

  /// The model.
  /// - Throws: `ZooError` when the definition is too long to be kept, or could not be read again for another reason.
  public func entry(named name: String) throws -> ModelEntry {
    try check(name)
    let text = try self.text
    // Quotation marks and backslashes take two bytes each.
    let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
    let count = text.utf8.count + text.utf8.count(where: { $0 == quote || $0 == backslash })
    guard count <= Self.mostKeptBytes else {
      throw ZooError(
        .argument, model: name,
        "its graph takes \(count >> 20) MiB of text; a checkpoint keeps at most \(Self.mostKeptBytes >> 20) MiB")
    }
    return entry(named: name, definition: text)
  }

  func entry(named name: String, definition: String) -> ModelEntry {
    ModelEntry(
      name: name, family: "imported", summary: summary, source: source, inputSize: inputSize,
      inputChannels: graph.inputChannels, numClasses: classes, evaluation: evaluation, definition: definition
    ) { [graph, classes] configuration throws(ZooError) in
      guard configuration.inputChannels == graph.inputChannels else {
        throw ZooError(
          .argument, model: name,
          "takes images of \(graph.inputChannels) channels, not of \(configuration.inputChannels); it was imported so")
      }
      guard configuration.numClasses != classes else { return graph.module }
      guard graph.classes == classes, let other = graph.withClasses(configuration.numClasses) else {
        throw ZooError(
          .argument, model: name,
          "has \(classes) classes, and no last layer of which zoo can tell that its outputs are the classes")
      }
      return other.module
    }
  }
}
