import OrderedCollections
import Tensors

/// The words of Keras' files, and of what zoo keeps in them beside the layers.
enum KerasFile {
  // Keras 3's weights.
  static let layers = "layers"
  static let oldLayers = "_layer_checkpoint_dependencies"
  static let variables = "vars"
  static let name = "name"

  // Weights before 3.
  static let modelWeights = "model_weights"
  static let layerNames = "layer_names"
  static let weightNames = "weight_names"

  /// The group that holds what Keras has no place for: the text of ``SnapshotMetadata`` as bytes, and tensors.
  static let zoo = "zoo"
  static let metadata = "metadata"
  static let tensors = "tensors"
  /// In the text: for each tensor of the net that Keras has too, its path in the file and its ``KerasLayout``.
  static let notes = "keras"

  /// In the text: the names of the net's tensors, in order.
  static let order = "keras_order"

  /// What a file is, by what its root holds; `nil` when it is none of Keras'.
  static func format(_ source: H5Source) throws -> CheckpointFormat? {
    let header = try H5ObjectHeader(source, at: try H5Superblock(source).root, object: "/")
    let reader = H5Attribute.Reader(source: source, heap: H5GlobalHeap(source))
    let attributes = Set(try H5Attribute.all(of: header, reader, object: "/").map(\.name))
    let links = try H5Link.all(of: header, source, object: "/") ?? []
    let names = Set(links.map(\.name))
    if attributes.contains(layerNames) || attributes.contains(layerNames + "0") { return .kerasLegacy }
    if names.contains(modelWeights), attributes.contains("keras_version") || attributes.contains("model_config") {
      return .kerasLegacy
    }
    return names.contains(layers) || names.contains(oldLayers) ? .kerasWeights : nil
  }
}
