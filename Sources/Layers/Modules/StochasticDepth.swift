/// In training, zero for an image as a whole with a probability p and x / (1 − p) otherwise; in inference, nothing
/// (Huang et al. 2016, arXiv:1603.09382): torchvision's `StochasticDepth` in its mode `row`.
public struct StochasticDepth: Module {
  private let probability: Double

  /// Stochastic depth with a probability in 0..<1.
  public init(_ probability: Double) { self.probability = probability }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.stochasticDepth(probability: probability), at: path, inputs: [input])
  }
}
