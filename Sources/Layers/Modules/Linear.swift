import Tensors

/// y = x·weightᵀ + bias on [N, ..., I], giving [N, ..., O]: PyTorch's `nn.Linear`.
public struct Linear: Module {
  private let inFeatures: Int
  private let outFeatures: Int
  private let bias: Bool
  private let initializer: LayerInitializer

  /// A fully connected layer from `inFeatures` to `outFeatures`.
  /// - Parameters:
  ///   - bias: Whether a number per output is added.
  ///   - initializer: How weight [O, I] and bias [O] start.
  public init(
    _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, initializer: LayerInitializer = .torchDefault
  ) {
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    self.bias = bias
    self.initializer = initializer
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let declared = declare(into: &builder, at: path)
    return emit(into: &builder, at: path, input: input, declared: declared)
  }

  /// Gives the parameters their place in the state dict, for a layer that is emitted later.
  package func declare(into builder: inout GraphBuilder, at path: ModulePath) -> [GraphBuilder.DeclaredParameter] {
    builder.declare(initializer.parameters(at: path, weight: [outFeatures, inFeatures], bias: bias))
  }

  /// Adds the operation of a layer that was declared.
  package func emit(
    into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value,
    declared: [GraphBuilder.DeclaredParameter]
  ) -> Graph.Value {
    builder.add(
      .linear(inFeatures: inFeatures, outFeatures: outFeatures, bias: bias), at: path, inputs: [input],
      declared: declared)
  }
}
