import Layers

/// Wide residual networks for small images (Zagoruyko & Komodakis 2016, "Wide residual networks"): WRN-d-k has d layers in
/// three stages that are k times as wide as those of He et al. 2016. Normalisation and ReLU stand before each
/// convolution, and perhaps dropout between the two of a block.
///
/// Names are those of the PyTorch version that is most used (xternalz's `WideResNet-pytorch`): `block1.layer.0.conv1`.
/// torchvision's `wide_resnet50_2` is of another kind: see ``ResNet``.
struct WideResNet {
  /// d: all convolutions but those of the shortcuts, and the last layer.
  let depth: Int
  /// k.
  let widening: Int

  static let models = [
    ModelEntry(
      name: "wrn_28_10", family: "wrn", summary: "wide ResNet, 28 layers, 32x32; ten times as wide as a ResNet.",
      source: "Zagoruyko & Komodakis 2016, arXiv:1605.07146", inputSize: 32, numClasses: 10, dropout: 0,
      evaluation: .squashed(to: 32, channels: 3), module: WideResNet(depth: 28, widening: 10).network)
  ]

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let isPublished = configuration.initWeights ?? true
    let scheme = isPublished ? InitScheme.kaimingConv : .torchDefault
    let last =
      isPublished
      ? LayerInitializer(weight: LayerInitializer.torchDefault.weight, bias: .constant(0)) : .torchDefault
    var channels = 16
    let stages = [16, 32, 64].enumerated().map { index, width in
      let blocks = (0..<(depth - 4) / 6).map { position in
        defer { channels = width * widening }
        return WideBlock(
          channels: channels, width: width * widening, stride: index > 0 && position == 0 ? 2 : 1,
          dropout: configuration.dropout, scheme: scheme)
      }
      return Sequential(["layer": Sequential(blocks)])
    }
    return Sequential([
      "conv1": Conv2d(
        configuration.inputChannels, 16, kernel: 3, padding: 1, bias: false, initializer: scheme.conv),
      "block1": stages[0],
      "block2": stages[1],
      "block3": stages[2],
      "bn1": BatchNorm2d(channels),
      "relu": ReLU(),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "fc": Linear(channels, configuration.numClasses, initializer: last),
    ])
  }
}

/// x + conv2(relu(bn2(conv1(relu(bn1(x)))))). Where the shape changes, a 1×1 convolution of relu(bn1(x)) stands for x.
private struct WideBlock: Module {
  let channels: Int
  let width: Int
  let stride: Int
  let dropout: Double
  let scheme: InitScheme

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let activation = Sequential(["bn1": BatchNorm2d(channels), "relu1": ReLU()])
    let rest = Sequential([
      "conv1": conv(channels, kernel: 3, stride: stride),
      "bn2": BatchNorm2d(width),
      "relu2": ReLU(),
      "dropout": dropout > 0 ? Dropout(dropout) : Sequential([]),
      "conv2": conv(width, kernel: 3),
    ])
    let activated = activation.emit(into: &builder, at: path, input: input)
    let result = rest.emit(into: &builder, at: path, input: activated)
    let isSame = stride == 1 && channels == width
    let shortcut =
      isSame
      ? input
      : conv(channels, kernel: 1, stride: stride).emit(
        into: &builder, at: path.child("convShortcut"), input: activated)
    return builder.add(.add, at: path, inputs: [shortcut, result])
  }

  private func conv(_ inChannels: Int, kernel: Int, stride: Int = 1) -> Conv2d {
    Conv2d(
      inChannels, width, kernel: Pair(kernel), stride: Pair(stride), padding: Pair(kernel / 2), bias: false,
      initializer: scheme.conv)
  }
}
