import ArgumentParser
import Checkpoint
import Layers
import Tensors
import Zoo

/// A model with its figures, as `zoo list` shows it.
struct ListedModel {
  /// What models are sorted by.
  enum Column: String, CaseIterable, ExpressibleByArgument {
    case name, family, params, macs, input, top1, top5
  }

  let entry: ModelEntry
  let parameters: Int
  /// Multiply-accumulates for one image of the model's own size.
  let work: Int
  /// The names of weights that can be used at once.
  let weightsHere: [String]

  init(_ entry: ModelEntry, weightsHere: [String] = []) throws {
    let graph = try entry.build()
    self.entry = entry
    self.weightsHere = weightsHere
    parameters = graph.parameterCount
    work = try graph.multiplyAccumulates(input: [entry.inputChannels, entry.inputSize, entry.inputSize])
  }

  /// The weights whose figures stand for the model.
  var weights: PublishedWeights? { entry.recommendedWeights }

  /// The size of its images, with the channels where they are not 3.
  var inputText: String {
    entry.inputChannels == 3 ? "\(entry.inputSize)" : "\(entry.inputChannels)x\(entry.inputSize)"
  }

  // MARK: - Order

  /// Sorted by a column; models without a figure come last, and equal ones stay in order.
  static func sorted(_ models: [ListedModel], by column: Column, isReversed: Bool) -> [ListedModel] {
    func sorted<Key: Comparable>(_ key: (ListedModel) -> Key?) -> [ListedModel] {
      let keyed = models.enumerated().map { (key: key($1), position: $0, model: $1) }
      return keyed.sorted { left, right in
        guard let first = left.key, let second = right.key, first != second else {
          return (left.key == nil ? 1 : 0, left.position) < (right.key == nil ? 1 : 0, right.position)
        }
        return isReversed ? first > second : first < second
      }.map(\.model)
    }
    switch column {
    case .name: return sorted(\.entry.name)
    case .family: return sorted(\.entry.family)
    case .params: return sorted(\.parameters)
    case .macs: return sorted(\.work)
    case .input: return sorted(\.entry.inputSize)
    case .top1: return sorted(\.weights?.top1)
    case .top5: return sorted(\.weights?.top5)
    }
  }

  // MARK: - Text

  /// So many columns of a terminal have room for a sentence about each model.
  private static let wide = 110

  /// A table of at most 80 columns, or of what a wider terminal has.
  /// - Parameter showsWeightsHere: Whether ``weightsHere`` are told: in a column, or in lines of their own where that has no
  ///   room.
  static func lines(_ models: [ListedModel], width: Int, showsWeightsHere: Bool = false) -> [String] {
    let isWide = width >= wide
    var columns = [
      Table.Column(title: "Model"), Table.Column(title: "Parameters", alignRight: true),
      Table.Column(title: "MACs", alignRight: true), Table.Column(title: "Input", alignRight: true),
      Table.Column(title: "Top-1", alignRight: true), Table.Column(title: "Top-5", alignRight: true),
      Table.Column(title: "Weights", flexibility: 2, narrowest: 7),
    ]
    if showsWeightsHere, isWide { columns.append(Table.Column(title: "Here", flexibility: 3)) }
    if isWide { columns.append(Table.Column(title: "What it is", flexibility: 1)) }
    var table = Table(columns)
    for model in models {
      let entry = model.entry
      var row = [
        entry.name, NumberText.grouped(model.parameters), NumberText.grouped(model.work),
        model.inputText,
        model.weights?.top1.map { NumberText.fixed($0, 2) } ?? "",
        model.weights?.top5.map { NumberText.fixed($0, 2) } ?? "", model.weights?.shortName ?? "",
      ]
      let here = showsWeightsHere ? model.weightsHere.map(\.terminalEscaped).joined(separator: ", ") : ""
      if showsWeightsHere, isWide { row.append(here) }
      table.add(isWide ? row + [entry.headline] : row)
      if !isWide, !here.isEmpty { table.addNote("  here: \(here)") }
    }
    return table.lines(width: width)
  }

  // MARK: - JSON

  /// Everything that is known of the model without looking at its layers.
  var json: JSONValue {
    [
      "name": .string(entry.name), "family": .string(entry.family), "summary": .string(entry.summary),
      "source": .string(entry.source), "parameters": .integer(parameters), "macs": .integer(work),
      "input_size": .integer(entry.inputSize), "input_channels": .integer(entry.inputChannels),
      "num_classes": .integer(entry.numClasses), "top1": weights?.top1.map(JSONValue.number) ?? .null,
      "top5": weights?.top5.map(JSONValue.number) ?? .null,
      "top1_of": weights.map { .string($0.torchvisionName) } ?? .null,
      "published_weights": .array(entry.publishedWeights.map(\.json)),
      "weights_here": .array(weightsHere.map(JSONValue.string)),
    ]
  }
}

extension ModelEntry {
  /// The published weights whose figures stand for the model in tables: of those for its own size the newest of
  /// torchvision's own trainings, else the newest.
  var recommendedWeights: PublishedWeights? {
    let sized = publishedWeights.filter { $0.evaluation.crop == inputSize }
    return sized.last { $0.isTrainedByTorchvision } ?? sized.last ?? publishedWeights.last
  }
}

extension PublishedWeights {
  private static let prefix = "imagenet1k_"

  /// Whether they are called `imagenet1k_v1` and so on, with no other recipe in the name.
  fileprivate var isTrainedByTorchvision: Bool { tag.hasPrefix(Self.prefix + "v") }

  /// torchvision's name, `IMAGENET1K_V1`.
  var torchvisionName: String { tag.uppercased() }

  /// The name without what is common to nearly all, `V1`.
  var shortName: String {
    (tag.hasPrefix(Self.prefix) ? String(tag.dropFirst(Self.prefix.count)) : tag).uppercased()
  }

  /// The name, file and figures.
  var json: JSONValue {
    [
      "name": .string(torchvisionName), "file": .string(file), "top1": top1.map(JSONValue.number) ?? .null,
      "top5": top5.map(JSONValue.number) ?? .null, "input_size": .integer(evaluation.crop),
    ]
  }
}
