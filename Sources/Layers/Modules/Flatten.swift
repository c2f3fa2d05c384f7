/// [N, C, H, W] as [N, C·H·W]: PyTorch's `nn.Flatten`.
public struct Flatten: Module {
  /// A flattening of all axes but the batch.
  public init() {}

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.flatten, at: path, inputs: [input])
  }
}
