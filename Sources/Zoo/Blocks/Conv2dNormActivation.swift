import Layers

/// A convolution without bias, batch normalisation and a function of single elements: torchvision's block of the same name,
/// whose children are called 0, 1 and 2.
struct Conv2dNormActivation: Module {
  private let layers: Sequential

  /// A block from `inChannels` to `outChannels` that keeps the height and width at stride 1.
  /// - Parameters:
  ///   - kernel: The odd extent of the window, 3 as in torchvision unless given.
  ///   - activation: `nil` for none.
  init(
    _ inChannels: Int, _ outChannels: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 1,
    activation: Activation?, style: ConvStyle
  ) {
    layers = Sequential {
      Conv2d(
        inChannels, outChannels, kernel: Pair(kernel), stride: Pair(stride), padding: Pair(kernel / 2), groups: groups,
        bias: false, initializer: style.initializer)
      BatchNorm2d(outChannels, epsilon: style.epsilon, momentum: style.momentum)
      if let activation { activation }
    }
  }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    layers.emit(into: &builder, at: path, input: input)
  }
}
