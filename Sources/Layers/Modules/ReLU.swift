/// max(x, 0) on any shape: PyTorch's `nn.ReLU`.
public struct ReLU: Module {
  /// A rectifier.
  public init() {}

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.activation(.relu), at: path, inputs: [input])
  }
}
