import Checkpoint
import Engine
import Layers
import OrderedCollections
public import Tensors
import Zoo

/// Inner values of a network for many images, gathered on the disk and then written into one file.
///
/// The file holds, for N images: each layer's values under the layer's name, [N, ...]; `logits` [N, classes] and
/// `predictions` [N], the class of the largest; and `images` [N, longest], the bytes of the images' names in UTF-8, filled up
/// with zeros. The names of the classes are in its metadata where the format has some.
public final class FeatureExtraction {
  /// The layers, by the paths that were asked for.
  public let layers: [String]
  let values: [Graph.Value]

  private let path: String
  private let classNames: [String]
  private let spools: [TensorSpool]
  private let logits: TensorSpool
  private var predictions: [Int64] = []
  private var names: [[UInt8]] = []

  /// Names that the file uses for something else.
  private static let taken = ["logits", "predictions", "images"]

  /// An extraction.
  /// - Parameters:
  ///   - layers: Module paths, as `zoo show` prints them, or of modules around these: `layer4`, `layer4.1.conv2`.
  ///   - path: Where it goes; the name says the format.
  /// - Throws: ``TrainingError`` with the nearest names for a layer that there is not, `CheckpointError` when the file cannot be
  ///   made.
  public init(_ model: TrainedModel, layers: [String], to path: String) throws {
    values = try model.network.graph.values(ofModules: layers)
    for (index, layer) in layers.enumerated() where layers[..<index].contains(layer) || Self.taken.contains(layer) {
      throw TrainingError(
        .settings,
        Self.taken.contains(layer)
          ? "the file has something else under '\(layer)'; a layer of that name cannot be written"
          : "the layer '\(layer.terminalEscaped)' is asked for twice")
    }
    (self.layers, self.path, classNames) = (layers, path, model.classNames)
    spools = try layers.map { _ in try TensorSpool(for: path, dtype: .float32) }
    logits = try TensorSpool(for: path, dtype: .float32)
  }

  /// Takes the values of a batch.
  func add(images: [String], logits batch: Tensor, values: [Tensor]) throws {
    for (spool, tensor) in zip(spools, values) { try spool.append(tensor) }
    try logits.append(batch)
    let elements = batch.elements(as: Float.self)
    let classes = elements.count / max(images.count, 1)
    for (row, image) in images.enumerated() {
      let row = elements[row * classes..<(row + 1) * classes]
      // The first of equal ones, as predictions have it.
      let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 }
      predictions.append(Int64(best - row.startIndex))
      names.append(Array(image.utf8))
    }
  }

  /// How many images there are.
  public var count: Int { names.count }

  /// Writes the file.
  /// - Returns: The layers with their shapes.
  /// - Throws: ``TrainingError`` when there are no images, `CheckpointError` when the file cannot be written.
  public func write() throws -> [(layer: String, shape: Shape)] {
    guard count > 0 else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped, "is not written: there are no images to take features of")
    }
    let longest = max(names.map(\.count).max() ?? 0, 1)
    let images = Tensor([count, longest], dtype: .uint8) { bytes in
      for (row, name) in names.enumerated() {
        for column in 0..<longest { bytes[row * longest + column] = column < name.count ? name[column] : 0 }
      }
    }
    var net: OrderedDictionary<String, TensorSource> = [:]
    for (layer, spool) in zip(layers, spools) { net[layer] = spool.source }
    net["logits"] = logits.source
    net["predictions"] = TensorSource(Tensor(predictions, shape: [count]))
    net["images"] = TensorSource(images)
    try Conversion.write(net, classNames: classNames, to: path)
    return zip(layers, spools).map { ($0, $1.source.shape) }
  }
}

extension Graph {
  /// What modules give.
  /// - Throws: ``TrainingError`` with the nearest names for a module that there is not.
  func values(ofModules paths: [String]) throws(TrainingError) -> [Value] {
    var values: [Value] = []
    for path in paths {
      guard let value = value(ofModule: path) else {
        let near = nearestNames(to: path, among: modulePaths).map { "'\($0)'" }
        throw TrainingError(
          .settings,
          "there is no layer '\(path.prefix(64).description.terminalEscaped)'; "
            + (near.isEmpty ? "" : "did you mean \(near.joined(separator: " or "))? ") + "'zoo show' lists all")
      }
      values.append(value)
    }
    return values
  }
}
