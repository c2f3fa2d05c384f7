public import Checkpoint
public import Layers
public import OrderedCollections
import Tensors

/// A network that is read from an ONNX model, with its weights.
///
/// Weights keep their names, where these say what they are; others are called by their modules. Shapes that exporters
/// compute with nodes are worked out, and operators that make a layer together become that layer.
public struct ImportedNetwork: Sendable {
  /// The network.
  public let graph: StoredGraph
  /// Its parameters and buffers by name, in the order of the network.
  public let net: OrderedDictionary<String, TensorSource>
  /// How many parameters and buffers there are.
  public var tensorCount: Int { net.count }
  /// The number of logits.
  public let classes: Int
  /// The height and width of the images, in pixels.
  public let inputSize: Int
  /// What else the model says of itself, as texts by name.
  public let properties: [String: String]
  /// What the user should know, each a line fit for a terminal.
  public let notes: [String]

  /// Reads a model.
  /// - Parameters:
  ///   - path: An ONNX file; weights in files beside it are read too.
  ///   - inputSize: Height and width of the images, in pixels, where the model leaves them open.
  /// - Throws: `CheckpointError` for files that are damaged; ``ONNXError`` for opsets that this build does not know, with
  ///   all operators that zoo does not have, and with all nodes whose form it does not have.
  public init(opening path: String, inputSize: Int? = nil) throws {
    guard let reader = try CheckpointFile(opening: path).reader as? OnnxReader else {
      throw ONNXError(
        .unsupported, at: path.terminalEscaped, "is no ONNX model; 'zoo convert' reads other files of weights")
    }
    try self.init(reader.graph(), path: path.terminalEscaped, inputSize: inputSize)
  }

  init(_ whole: OnnxGraph, path: String, inputSize: Int?) throws {
    let opset = try Self.opset(whole, path)
    let graph = whole.withoutWhatTheFirstOutputDoesNotNeed
    try Self.checkOperators(graph, path)
    let (input, shape, isChannelsLast) = try Self.images(graph, path, inputSize)
    var importer = try GraphImporter(
      graph, opset: opset, input: input, batch: input.shape?.first ?? nil, shape: shape, isChannelsLast: isChannelsLast)
    importer.run()
    try Self.checkProblems(importer.problems, path)
    let (found, weights) = try importer.finished(path)
    self.graph = found
    // The result's extent is the last of the network's own checks.
    let network = try found.graph()
    let result = try network.shapes(input: shape)[network.output.index]
    guard result.rank == 1 else {
      throw ONNXError(.unsupported, at: path, "gives \([1] + result.dimensions); one number for each class is expected")
    }
    classes = result[0]
    self.inputSize = shape[1]
    properties = graph.properties
    var net: OrderedDictionary<String, TensorSource> = [:]
    for parameter in network.parameters { net[parameter.name] = weights[parameter.name] }
    self.net = net
    var notes = importer.notes
    if graph.outputs.count > 1 {
      notes.append(
        "of the model's \(graph.outputs.count) results the first is taken, '\(graph.outputs[0].name.terminalEscaped)'")
    }
    self.notes = notes
  }

  /// The versions of ONNX's operators that are read.
  public static let opsets = 7...24

  private static func opset(_ graph: OnnxGraph, _ path: String) throws -> Int {
    guard let opset = graph.opsets[""] else {
      throw ONNXError(.unsupported, at: path, "does not say which version of ONNX's operators it uses")
    }
    guard opsets.contains(opset) else {
      throw ONNXError(
        .unsupported, at: path,
        "uses opset \(opset); zoo reads \(opsets.lowerBound) to \(opsets.upperBound): export the model with one of these, or "
          + "convert it with onnx.version_converter")
    }
    return opset
  }

  /// Refuses operators that zoo does not have, all at once.
  private static func checkOperators(_ graph: OnnxGraph, _ path: String) throws {
    var (counts, first) = (OrderedDictionary<String, Int>(), [String: String]())
    let last = graph.nameBehindLastViews
    for node in graph.nodes {
      let isSoftmax = ["Softmax", "LogSoftmax"].contains(node.kind) && node.outputs.first == last
      guard !node.domain.isEmpty || !GraphImporter.operators.contains(node.kind) && !isSoftmax else { continue }
      let name = node.domain.isEmpty ? node.kind : "\(node.domain).\(node.kind)"
      counts[name, default: 0] += 1
      if first[name] == nil { first[name] = node.name }
    }
    guard !counts.isEmpty else { return }
    let shown = counts.prefix(mostKinds).map { name, count in
      "\(name.prefix(100).description.terminalEscaped) (\(count == 1 ? "once" : "\(count) times"), first in "
        + "'\((first[name] ?? "").prefix(100).description.terminalEscaped)')"
    }
    throw ONNXError(
      .unsupported, at: path,
      "uses operators that zoo does not have: " + shown.joined(separator: ", ") + rest(counts.count, mostKinds))
  }

  private static func checkProblems(_ problems: [(node: OnnxGraph.Node, reason: String)], _ path: String) throws {
    guard !problems.isEmpty else { return }
    let shown = problems.prefix(listed).map { problem in
      "\n\(problem.node.kind.terminalEscaped) '\(problem.node.name.prefix(100).description.terminalEscaped)' \(problem.reason)"
    }
    throw ONNXError(
      .unsupported, at: path,
      "\(problems.count == 1 ? "a node has" : "\(problems.count) nodes have") no counterpart in zoo:" + shown.joined()
        + rest(problems.count, listed))
  }

  /// So many nodes are listed.
  private static let listed = 20
  /// So many kinds of operators are: ONNX has some two hundred.
  private static let mostKinds = 300
  private static func rest(_ count: Int, _ most: Int) -> String { count > most ? ", and \(count - most) more" : "" }

  /// The input of the graph, and [C, H, W] of its images.
  private static func images(
    _ graph: OnnxGraph, _ path: String, _ size: Int?
  ) throws -> (OnnxGraph.Value, Shape, isChannelsLast: Bool) {
    guard graph.inputs.count == 1, graph.outputs.count >= 1 else {
      throw ONNXError(
        .unsupported, at: path,
        "takes \(graph.inputs.count) inputs and gives \(graph.outputs.count) results; images in and logits out are expected"
      )
    }
    let input = graph.inputs[0]
    guard [1, 10, 11, 16].contains(input.type), let axes = input.shape, axes.count == 4 else {
      let shape = input.shape.map { "[" + $0.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]" }
      throw ONNXError(
        .unsupported, at: path,
        "takes '\(input.name.terminalEscaped)' \(shape ?? "of no shape"); images [N, C, H, W] of floating-point numbers are "
          + "expected")
    }
    // Behind what changes nothing but the type, or all numbers by constants.
    var (name, first) = (input.name, OnnxGraph.Node?.none)
    let constants = Set(graph.tensors.keys).union(graph.nodes.filter { $0.kind == "Constant" }.flatMap(\.outputs))
    for node in graph.nodes where node.inputs.contains(name) && first == nil {
      let isScaling = ["Mul", "Add", "Sub", "Div"].contains(node.kind)
      if ["Cast", "Identity"].contains(node.kind)
        || isScaling && node.inputs.allSatisfy({ $0 == name || constants.contains($0) })
      {
        name = node.outputs.first ?? ""
      } else {
        first = node
      }
    }
    let isChannelsLast = first?.kind == "Transpose" && first?.integers("perm") == [0, 3, 1, 2]
    let (channels, height, width) = isChannelsLast ? (axes[3], axes[1], axes[2]) : (axes[1], axes[2], axes[3])
    guard let channels, (1...4096).contains(channels) else {
      throw ONNXError(.unsupported, at: path, "does not say how many channels its images have")
    }
    func extent(_ known: Int?) throws -> Int {
      guard let extent = size ?? known.flatMap({ $0 > 0 ? $0 : nil }) else {
        throw ONNXError(
          .option, at: path, "leaves the size of its images open; say it with '--input-size N', in pixels")
      }
      return extent
    }
    let (rows, columns) = (try extent(height), try extent(width))
    guard rows == columns, rows <= 4096 else {
      throw ONNXError(
        .unsupported, at: path,
        "takes images of \(rows)x\(columns) pixels; zoo's are square, of at most 4096 ('--input-size N' asks for another size"
          + "\(!isChannelsLast && [1, 3].contains(axes[3]) ? "; an input [N, H, W, C] is understood where a Transpose follows" : ""))"
      )
    }
    return (input, [channels, rows, columns], isChannelsLast)
  }
}

extension GraphImporter {
  /// The network that gives the first result of the graph, without what nothing uses, and its weights by name.
  mutating func finished(_ path: String) throws -> (StoredGraph, [String: TensorSource]) {
    let name = graph.outputs.first?.name ?? ""
    let end = OnnxGraph.Node(kind: "", name: "output", inputs: [name])
    var output: Int
    do throws(Untranslatable) {
      guard values[name] != nil else { throw Untranslatable("is given by no node") }
      output = try value(end)
      if shapes[output].rank > 1, shapes[output].count == shapes[output].dimensions.max() {
        output = try viewed(output, [shapes[output].count], at: end)
      }
    } catch {
      throw ONNXError(.unsupported, at: path, "the result '\(name.terminalEscaped)' \(error.reason)")
    }
    var needed = Set([output])
    for index in nodes.indices.reversed() where needed.contains(index + 1) { needed.formUnion(nodes[index].inputs) }
    var places = [0: 0]
    var kept: [StoredGraph.Node] = []
    var named: [String: TensorSource] = [:]
    // How often a name was asked for.
    var uses: [String: Int] = [:]
    for (index, node) in nodes.enumerated() where needed.contains(index + 1) {
      // What two layers share, or call by one name, each gets for itself.
      let parameters = zip(node.parameters, sources[index]).map { name, source in
        var (own, number) = (name, uses[name] ?? 1)
        while named[own] != nil {
          number += 1
          own = "\(name)_\(number)"
        }
        uses[name] = number
        named[own] = source
        return own
      }
      kept.append(
        StoredGraph.Node(node.name, node.operation, inputs: node.inputs.map { places[$0] ?? 0 }, parameters: parameters)
      )
      places[index + 1] = kept.count
    }
    return (StoredGraph(inputChannels: shapes[0][0], nodes: kept, output: places[output] ?? 0), named)
  }
}

extension OnnxGraph {
  /// The graph with the nodes alone that its first output is computed from.
  fileprivate var withoutWhatTheFirstOutputDoesNotNeed: OnnxGraph {
    guard let output = outputs.first else { return self }
    var needed = Set([output.name])
    var kept: [Node] = []
    // Nodes stand behind those that they take from.
    for node in nodes.reversed() where node.outputs.contains(where: needed.contains) {
      needed.formUnion(node.inputs.filter { !$0.isEmpty })
      kept.append(node)
    }
    var graph = self
    graph.nodes = kept.reversed()
    return graph
  }

  /// What the last nodes take that change no number, or the name of the first output.
  fileprivate var nameBehindLastViews: String? {
    var name = outputs.first?.name
    for node in nodes.reversed() where node.outputs.first == name {
      guard ["Identity", "Cast", "Flatten", "Reshape", "Squeeze"].contains(node.kind) else { break }
      name = node.inputs.first
    }
    return name
  }
}
