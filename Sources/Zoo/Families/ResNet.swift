import Layers

/// Residual networks (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition").
///
/// torchvision's layout and names. Its bottleneck, called ResNet v1.5, has the stride on the 3×3 convolution where the
/// paper has it on the first 1×1.
struct ResNet {
  /// What a stage is made of.
  enum Block {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1 down, 3×3, 1×1 up to four times the width.
    case bottleneck

    /// The channels that leave a block, as a multiple of its width.
    var expansion: Int {
      switch self {
      case .basic: 1
      case .bottleneck: 4
      }
    }
  }

  let block: Block
  /// The blocks of each of the four stages, of widths 64, 128, 256 and 512.
  let depths: [Int]

  static let models = [
    entry("resnet18", .basic, [2, 2, 2, 2], weights("resnet18-f37072fd.pth", 69.758, 89.078)),
    entry("resnet34", .basic, [3, 4, 6, 3], weights("resnet34-b627a593.pth", 73.314, 91.42)),
    entry(
      "resnet50", .bottleneck, [3, 4, 6, 3], weights("resnet50-0676ba61.pth", 76.13, 92.862),
      secondWeights("resnet50-11ad3fa6.pth", 80.858, 95.434)),
    entry(
      "resnet101", .bottleneck, [3, 4, 23, 3], weights("resnet101-63fe2227.pth", 77.374, 93.546),
      secondWeights("resnet101-cd907fc2.pth", 81.886, 95.78)),
    entry(
      "resnet152", .bottleneck, [3, 8, 36, 3], weights("resnet152-394f9c45.pth", 78.312, 94.046),
      secondWeights("resnet152-f82ba261.pth", 82.284, 96.002)),
  ]

  private static func weights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(file: file, top1: top1, top5: top5)
  }

  /// torchvision's later training recipe, evaluated at a shorter side of 232.
  private static func secondWeights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights("imagenet1k_v2", file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: 232))
  }

  private static func entry(
    _ name: String, _ block: Block, _ depths: [Int], _ weights: PublishedWeights...
  ) -> ModelEntry {
    let kind =
      switch block {
      case .basic: "basic blocks"
      case .bottleneck: "bottlenecks; their stride is on the 3x3 convolution (v1.5)"
      }
    return ModelEntry(
      name: name, family: "resnet", summary: "ResNet, \(depths.reduce(0, +)) \(kind).",
      source: "He et al. 2016, arXiv:1512.03385", publishedWeights: weights,
      module: ResNet(block: block, depths: depths).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConv : .torchDefault
    var channels = 64
    var stages: [Sequential] = []
    for (index, depth) in depths.enumerated() {
      let width = 64 << index
      var blocks: [any Module] = []
      for position in 0..<depth {
        let stride = index > 0 && position == 0 ? 2 : 1
        blocks.append(residual(from: channels, width: width, stride: Pair(stride), scheme))
        channels = width * block.expansion
      }
      stages.append(Sequential(blocks))
    }
    return Sequential([
      "conv1": conv(configuration.inputChannels, 64, kernel: 7, stride: 2, scheme),
      "bn1": BatchNorm2d(64),
      "relu": ReLU(),
      "maxpool": MaxPool2d(3, stride: 2, padding: 1),
      "layer1": stages[0],
      "layer2": stages[1],
      "layer3": stages[2],
      "layer4": stages[3],
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "fc": Linear(channels, configuration.numClasses, initializer: scheme.linear),
    ])
  }

  private func residual(from channels: Int, width: Int, stride: Pair, _ scheme: InitScheme) -> Residual {
    let outChannels = width * block.expansion
    let shortcut = Sequential([
      "downsample": Sequential {
        conv(channels, outChannels, kernel: 1, stride: stride, scheme)
        BatchNorm2d(outChannels)
      }
    ])
    return Residual(
      body(from: channels, width: width, stride: stride, scheme),
      shortcut: stride == 1 && channels == outChannels ? nil : shortcut)
  }

  private func body(from channels: Int, width: Int, stride: Pair, _ scheme: InitScheme) -> Sequential {
    switch block {
    case .basic:
      Sequential([
        "conv1": conv(channels, width, kernel: 3, stride: stride, scheme),
        "bn1": BatchNorm2d(width),
        "relu": ReLU(),
        "conv2": conv(width, width, kernel: 3, scheme),
        "bn2": BatchNorm2d(width),
      ])
    case .bottleneck:
      Sequential([
        "conv1": conv(channels, width, kernel: 1, scheme),
        "bn1": BatchNorm2d(width),
        "relu": ReLU(),
        "conv2": conv(width, width, kernel: 3, stride: stride, scheme),
        "bn2": BatchNorm2d(width),
        "relu": ReLU(),
        "conv3": conv(width, width * block.expansion, kernel: 1, scheme),
        "bn3": BatchNorm2d(width * block.expansion),
      ])
    }
  }

  /// A convolution without bias that keeps the size at stride 1.
  private func conv(
    _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Pair = 1, _ scheme: InitScheme
  ) -> Conv2d {
    Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: stride, padding: Pair(kernel / 2), bias: false,
      initializer: scheme.conv)
  }
}
