public import Checkpoint
public import Datasets
public import Layers
public import OrderedCollections
import Tensors
public import Zoo

/// A checkpoint as a model whose tensors are still in the file: what other programs' formats are made from.
public struct StoredModel: Sendable {
  /// The architecture.
  public let entry: ModelEntry
  /// What it is built with.
  public let arguments: ModelArguments
  /// The network.
  public let graph: Graph
  /// Its parameters and buffers by state-dict name.
  public let net: OrderedDictionary<String, TensorSource>
  /// What an image goes through before the network.
  public let preprocessing: Preprocessing
  /// The names of the classes in the order of the outputs; empty when the checkpoint has none.
  public let classNames: [String]

  /// The height and width in pixels of the images that it takes: what they are prepared to, where that is a square.
  public var inputSize: Int {
    let prepared = preprocessing.outputSize
    return prepared.height == prepared.width ? prepared.height : entry.inputSize(with: arguments)
  }

  /// Opens a checkpoint.
  /// - Parameters:
  ///   - path: A checkpoint file of any format.
  ///   - weights: Which of the file's weights.
  ///   - model: The architecture of a bare weights file, as for ``TrainedModel/load(_:weights:model:classes:device:options:)``.
  ///   - classes: The classes of a bare weights file.
  ///   - published: What torchvision says of the file's weights.
  /// - Throws: An error that names the file: it is damaged or says no architecture. Whether the tensors are those of the
  ///   architecture is for their user to check.
  public init(
    opening path: String, weights: TrainedModel.Weights = .net, model: String? = nil, classes: Int? = nil,
    published: PublishedWeights? = nil
  ) throws {
    let snapshot = try weights.open(path).inTodaysWords
    (entry, arguments) = try TrainedModel.architecture(
      of: snapshot, path: path, model: model, classes: classes, published: published)
    graph = try entry.build(arguments)
    net = snapshot.turned(for: graph, inputSize: entry.inputSize(with: arguments)).net
    preprocessing = try TrainedModel.preprocessing(
      of: snapshot.metadata, or: published?.evaluation ?? entry.evaluation(with: arguments),
      channels: graph.inputChannels)
    try TrainedModel.checkNames(of: snapshot.metadata, arguments, path: path)
    classNames = snapshot.metadata.classNames
  }
}
