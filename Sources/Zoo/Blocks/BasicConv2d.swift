import Layers

/// A convolution without bias, batch normalisation with ε = 0.001 and a ReLU: torchvision's block of GoogLeNet and
/// Inception v3, named `conv`, `bn` and `relu`.
struct BasicConv2d: Module {
  private let layers: Sequential

  init(
    _ inChannels: Int, _ outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0,
    initializer: LayerInitializer
  ) {
    layers = Sequential([
      "conv": Conv2d(
        inChannels, outChannels, kernel: kernel, stride: stride, padding: padding, bias: false,
        initializer: initializer),
      "bn": BatchNorm2d(outChannels, epsilon: 0.001),
      "relu": ReLU(),
    ])
  }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    layers.emit(into: &builder, at: path, input: input)
  }
}
