/// In training, zero with a probability p and x / (1 − p) otherwise; in inference, nothing: PyTorch's `nn.Dropout`.
public struct Dropout: Module {
  private let probability: Double

  /// Dropout with a probability in 0..<1.
  public init(_ probability: Double = 0.5) { self.probability = probability }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.dropout(probability: probability), at: path, inputs: [input])
  }
}
