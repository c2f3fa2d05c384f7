import Tensors

/// Batch normalisation of [N, C, H, W] over N, H and W (Ioffe & Szegedy 2015): PyTorch's `nn.BatchNorm2d`, affine and
/// with running statistics.
///
/// Training normalises with the batch's biased variance and moves the running statistics (the variance unbiased) by
/// `momentum` towards the batch's; inference normalises with the running statistics.
public struct BatchNorm2d: Module {
  private let features: Int
  private let epsilon: Double
  private let momentum: Double

  /// Normalisation of `features` channels.
  /// - Parameters:
  ///   - epsilon: Added to the variance.
  ///   - momentum: The share of the batch in the new running statistics.
  public init(_ features: Int, epsilon: Double = 1e-5, momentum: Double = 0.1) {
    self.features = features
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    func perChannel(_ name: String, _ role: Parameter.Role, startingAt value: Double) -> Parameter {
      Parameter(
        name: path.child(name).description, shape: [features], role: role, initializer: .constant(value))
    }
    return builder.add(
      .batchNorm2d(features: features, epsilon: epsilon, momentum: momentum), at: path, inputs: [input],
      parameters: [
        perChannel("weight", .trainable, startingAt: 1),
        perChannel("bias", .trainable, startingAt: 0),
        perChannel("running_mean", .buffer, startingAt: 0),
        perChannel("running_var", .buffer, startingAt: 1),
        Parameter(
          name: path.child("num_batches_tracked").description, shape: [], dtype: .int64, role: .buffer,
          initializer: .constant(0)),
      ])
  }
}
