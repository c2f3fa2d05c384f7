import Tensors

/// Layer normalisation along the last axis of [N, ..., D] (Ba et al. 2016, arXiv:1607.06450): PyTorch's `nn.LayerNorm`
/// over one axis, with weight and bias.
public struct LayerNorm: Module {
  private let features: Int
  private let epsilon: Double

  /// Normalisation of `features` numbers with their biased variance, to which `epsilon` is added.
  public init(_ features: Int, epsilon: Double = 1e-5) {
    self.features = features
    self.epsilon = epsilon
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let declared = declare(into: &builder, at: path)
    return emit(into: &builder, at: path, input: input, declared: declared)
  }

  /// Gives the parameters their place in the state dict, for a layer that is emitted later.
  package func declare(into builder: inout GraphBuilder, at path: ModulePath) -> [GraphBuilder.DeclaredParameter] {
    func vector(_ name: String, startingAt value: Double) -> Parameter {
      Parameter(name: path.child(name).description, shape: [features], initializer: .constant(value))
    }
    return builder.declare([vector("weight", startingAt: 1), vector("bias", startingAt: 0)])
  }

  /// Adds the operation of a layer that was declared.
  package func emit(
    into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value,
    declared: [GraphBuilder.DeclaredParameter]
  ) -> Graph.Value {
    builder.add(.layerNorm(features: features, epsilon: epsilon), at: path, inputs: [input], declared: declared)
  }
}

/// Layer normalisation along the channels of [N, C, H, W]: torchvision's `LayerNorm2d`.
public struct LayerNorm2d: Module {
  private let norm: LayerNorm

  /// Normalisation of `features` channels at each pixel.
  public init(_ features: Int, epsilon: Double = 1e-5) { norm = LayerNorm(features, epsilon: epsilon) }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let last = Permute.channelsLast.emit(into: &builder, at: path, input: input)
    let normal = norm.emit(into: &builder, at: path, input: last)
    return Permute.channelsFirst.emit(into: &builder, at: path, input: normal)
  }
}
