/// Normalisation over neighbouring channels of [N, C, H, W] (Krizhevsky et al. 2012): PyTorch's `nn.LocalResponseNorm`.
///
/// y = x / (k + α/size · Σ x²)^β, summed over the `size` channels around each one.
public struct LocalResponseNorm: Module {
  private let operation: Operation

  /// Normalisation over `size` channels.
  public init(_ size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    operation = .localResponseNorm(size: size, alpha: alpha, beta: beta, k: k)
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(operation, at: path, inputs: [input])
  }
}
