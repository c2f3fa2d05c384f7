import Layers

/// Networks found by a search that measured time on a phone (Tan, Chen, Pang, Vasudevan, Sandler, Howard & Le 2019,
/// "MnasNet: Platform-aware neural architecture search for mobile"): the B1 variant, without squeeze and excitation.
struct MNASNet {
  /// What the channels are multiplied by.
  let multiplier: Double

  /// Inverted residuals that follow each other.
  private struct Stage {
    let channels: Int
    let kernel: Int
    let stride: Int
    /// How many times wider a block is inside.
    let expansion: Int
    let count: Int
  }

  private static let stages = [
    Stage(channels: 24, kernel: 3, stride: 2, expansion: 3, count: 3),
    Stage(channels: 40, kernel: 5, stride: 2, expansion: 3, count: 3),
    Stage(channels: 80, kernel: 5, stride: 2, expansion: 6, count: 3),
    Stage(channels: 96, kernel: 3, stride: 1, expansion: 6, count: 2),
    Stage(channels: 192, kernel: 5, stride: 2, expansion: 6, count: 4),
    Stage(channels: 320, kernel: 3, stride: 1, expansion: 6, count: 1),
  ]

  static let models = [
    entry("0_5", 0.5, file: "mnasnet0.5_top1_67.823-3ffadce67e.pth", 67.734, 87.49),
    entry("0_75", 0.75, file: "mnasnet0_75-7090bc5f.pth", 71.18, 90.496, resize: 232),
    entry("1_0", 1, file: "mnasnet1.0_top1_73.512-f206786ef8.pth", 73.456, 91.51),
    entry("1_3", 1.3, file: "mnasnet1_3-a4c69d6f.pth", 76.506, 93.522, resize: 232),
  ]

  private static func entry(
    _ name: String, _ multiplier: Double, file: String, _ top1: Double, _ top5: Double, resize: Int = 256
  ) -> ModelEntry {
    ModelEntry(
      name: "mnasnet\(name)", family: "mnasnet", summary: "MnasNet-B1, \(multiplier) times as wide.",
      source: "Tan et al. 2019, arXiv:1807.11626", dropout: 0.2,
      publishedWeights: [
        PublishedWeights(file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: resize))
      ], stateDictVersions: ["": 2], module: MNASNet(multiplier: multiplier).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let isPublished = configuration.initWeights ?? true
    let scheme = isPublished ? InitScheme.kaimingConv : .torchDefault
    // PyTorch's kaiming_uniform_ by fan_out with the gain of a sigmoid, 1.
    let classifier =
      isPublished
      ? LayerInitializer(weight: .kaimingUniform(.fanOut, gain: 1), bias: .constant(0)) : .torchDefault
    let (stem, first) = (scaled(32), scaled(16))
    var layers: [any Module] =
      conv(configuration.inputChannels, stem, kernel: 3, stride: 2, scheme)
      + conv(stem, stem, kernel: 3, groups: stem, scheme) + conv(stem, first, kernel: 1, rectified: false, scheme)
    var channels = first
    for stage in Self.stages {
      let width = scaled(stage.channels)
      layers.append(
        Sequential(
          (0..<stage.count).map { index in
            block(
              from: index == 0 ? channels : width, to: width, stage, stride: index == 0 ? stage.stride : 1, scheme)
          }))
      channels = width
    }
    layers += conv(channels, 1280, kernel: 1, scheme)
    return Sequential([
      "layers": Sequential(layers),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Linear(1280, configuration.numClasses, initializer: classifier)
      },
    ])
  }

  /// An inverted residual (Sandler et al. 2018): wider inside, by a convolution that sees each channel alone.
  private func block(
    from channels: Int, to width: Int, _ stage: Stage, stride: Int, _ scheme: InitScheme
  ) -> any Module {
    let inner = channels * stage.expansion
    let layers = Sequential([
      "layers": Sequential(
        conv(channels, inner, kernel: 1, scheme)
          + conv(inner, inner, kernel: stage.kernel, stride: stride, groups: inner, scheme)
          + conv(inner, width, kernel: 1, rectified: false, scheme))
    ])
    return stride == 1 && channels == width ? Residual(layers, rectified: false) : layers
  }

  /// A convolution without bias that keeps the size at stride 1, its normalisation and perhaps a ReLU.
  private func conv(
    _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, rectified: Bool = true,
    _ scheme: InitScheme
  ) -> [any Module] {
    let conv = Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: Pair(stride), padding: Pair(kernel / 2), groups: groups,
      bias: false, initializer: scheme.conv)
    return [conv, BatchNorm2d(outChannels, momentum: Self.momentum)] + (rectified ? [ReLU()] : [])
  }

  /// TensorFlow's decay of 0.9997 as PyTorch counts it.
  private static let momentum = 1 - 0.9997

  private func scaled(_ channels: Int) -> Int { roundedChannels(Double(channels) * multiplier) }
}
