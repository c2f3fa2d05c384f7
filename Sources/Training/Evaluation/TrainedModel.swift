import Checkpoint
public import Datasets
public import Engine
import Tensors
public import Zoo

/// A network with the tensors, the preprocessing and the class names of a checkpoint: ready to evaluate and predict.
public struct TrainedModel {
  /// The architecture.
  public let entry: ModelEntry
  /// What it was built with.
  public let arguments: ModelArguments
  /// The network with its tensors.
  public let network: Network
  /// What an image goes through before the network.
  public let preprocessing: Preprocessing
  /// The names of the classes in the order of the outputs; empty when the checkpoint has none.
  public let classNames: [String]

  /// The same with other names of the classes.
  /// - Throws: ``TrainingError`` when there are not as many as outputs.
  public func named(_ names: [String]) throws(TrainingError) -> TrainedModel {
    guard names.count == classCount else {
      throw TrainingError(
        .mismatch, "\(names.count) names are given for a network of \(classCount) classes; each output needs one name")
    }
    return TrainedModel(
      entry: entry, arguments: arguments, network: network, preprocessing: preprocessing, classNames: names)
  }

  /// The number of the network's outputs.
  public var classCount: Int { arguments.numClasses }

  /// The name of an output, or its number when the checkpoint has no names.
  public func name(of label: Int) -> String {
    classNames.indices.contains(label) ? classNames[label] : "class \(label)"
  }

  /// The names that a dataset's classes are matched by: the model's, or the dataset's own when the checkpoint has none.
  /// - Throws: ``TrainingError`` when neither fits.
  func classNames(for dataset: any Dataset) throws(TrainingError) -> [String] {
    if !classNames.isEmpty { return classNames }
    guard dataset.classNames.count == classCount else {
      throw TrainingError(
        .mismatch,
        "the checkpoint holds no class names and has \(classCount) outputs, but the data has "
          + "\(dataset.classNames.count) classes; without names both must have the same number, in the same order")
    }
    return dataset.classNames
  }
}
