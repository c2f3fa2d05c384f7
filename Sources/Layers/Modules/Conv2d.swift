import Tensors

/// A two-dimensional convolution (cross-correlation) of [N, C, H, W]: PyTorch's `nn.Conv2d` with zero padding.
///
/// The result is [N, O, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and W′ alike.
public struct Conv2d: Module {
  private let attributes: Conv2dAttributes
  private let initializer: LayerInitializer

  /// A convolution from `inChannels` to `outChannels`.
  /// - Parameters:
  ///   - padding: Zeros added at both ends of each axis, in pixels.
  ///   - groups: Input and output channels are divided into this many groups that do not see each other; as many as
  ///     there are input channels makes a depthwise convolution.
  ///   - bias: Whether a number per output channel is added.
  ///   - initializer: How weight [O, C/groups, kh, kw] and bias [O] start.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
    groups: Int = 1, bias: Bool = true, initializer: LayerInitializer = .torchDefault
  ) {
    attributes = Conv2dAttributes(
      inChannels: inChannels, outChannels: outChannels, kernel: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: groups, bias: bias)
    self.initializer = initializer
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    // Zero groups are an error that `Graph.shapes` reports; here they must only not divide.
    let groupChannels = attributes.inChannels / max(attributes.groups, 1)
    let weight: Shape = [attributes.outChannels, groupChannels, attributes.kernel.height, attributes.kernel.width]
    return builder.add(
      .conv2d(attributes), at: path, inputs: [input],
      parameters: initializer.parameters(at: path, weight: weight, bias: attributes.bias))
  }
}
