import Datasets
import Engine
import Layers
import Tensors

/// Bytes that a training holds beside its program.
public struct TrainingMemory: Sendable, Hashable {
  /// Parameters and buffers.
  public let parameters: Int
  /// What the optimizer keeps for them.
  public let optimizer: Int
  /// Gradients, where they are kept, and the average of weights.
  public let gradientsAndAverage: Int
  /// Activations and what layers need to compute.
  public let activations: Int
  /// Images that are being made, computed on, and waiting.
  public let images: Int

  /// All of them.
  public var total: Int { parameters + optimizer + gradientsAndAverage + activations + images }

  init(_ preparation: Preparation, _ program: TrainingProgram) {
    parameters = Self.parameters(preparation)
    let learning = Self.learning(preparation)
    let settings = preparation.settings
    optimizer = learning * settings.optimizer.rule.slots.count
    gradientsAndAverage =
      (settings.gradients.keepsGradients ? learning : 0) + (settings.average.decay == nil ? 0 : parameters)
    activations = program.memoryByteCount
    let preprocessing = preparation.loader.preprocessing
    let size = preprocessing.outputSize
    let batch = program.batchSize * preprocessing.channels * size.width * size.height * DType.float32.size
    images = batch * (preparation.loader.options.prefetch + 2)
  }

  /// Bytes of all parameters and buffers.
  private static func parameters(_ preparation: Preparation) -> Int {
    preparation.graph.parameters.reduce(0) { $0 + $1.shape.count * $1.dtype.size }
  }

  /// Bytes of those that learn.
  private static func learning(_ preparation: Preparation) -> Int {
    preparation.graph.parameters
      .filter { $0.role == .trainable && !preparation.frozen.parameters.contains($0.name) }
      .reduce(0) { $0 + $1.shape.count * $1.dtype.size }
  }

  /// Bytes of the tensors of a checkpoint.
  static func checkpoint(_ preparation: Preparation) -> Int {
    let settings = preparation.settings
    return parameters(preparation) * (settings.average.decay == nil ? 1 : 2)
      + learning(preparation) * settings.optimizer.rule.slots.count
  }
}
