import Layers

/// Channels of [N, C, H, W] times numbers between 0 and 1 that follow from the means of all of them (Hu, Shen, Albanie,
/// Sun & Wu 2018, "Squeeze-and-excitation networks", arXiv:1709.01507). torchvision's names.
struct SqueezeExcitation: Module {
  private let gate: Sequential

  /// - Parameters:
  ///   - channels: The channels of the input.
  ///   - squeezed: The channels in between, fewer as a rule.
  ///   - activation: What follows the first of the two fully connected layers.
  ///   - scale: What follows the second and gives numbers from 0 to 1.
  ///   - initializer: How the two start.
  init(
    _ channels: Int, squeezed: Int, activation: Activation = .relu, scale: Activation = .sigmoid,
    initializer: LayerInitializer
  ) {
    gate = Sequential([
      "avgpool": AdaptiveAvgPool2d(1),
      "fc1": Conv2d(channels, squeezed, kernel: 1, initializer: initializer),
      "activation": activation,
      "fc2": Conv2d(squeezed, channels, kernel: 1, initializer: initializer),
      "scale_activation": scale,
    ])
  }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let factors = gate.emit(into: &builder, at: path, input: input)
    return builder.add(.multiply, at: path, inputs: [input, factors])
  }
}
