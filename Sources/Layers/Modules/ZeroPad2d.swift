/// Zeros around an image [N, C, H, W]: PyTorch's `nn.ZeroPad2d`.
public struct ZeroPad2d: Module {
  private let sides: Sides

  /// Padding in pixels; an integer literal pads all four sides.
  public init(_ sides: Sides) { self.sides = sides }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.zeroPad2d(sides), at: path, inputs: [input])
  }
}
