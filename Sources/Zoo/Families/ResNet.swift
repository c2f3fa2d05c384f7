import Layers

/// Residual networks (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition"), with the grouped
/// convolutions of ResNeXt (Xie, Girshick, Dollár, Tu & He 2017, "Aggregated residual transformations for deep neural
/// networks") and the wider bottlenecks of wide ResNets (Zagoruyko & Komodakis 2016, "Wide residual networks").
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
  /// The groups of the 3×3 convolutions of bottlenecks: ResNeXt's cardinality.
  var groups = 1
  /// The channels of one group in the first stage, of 64 in all unless told otherwise.
  var groupWidth = 64

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
    entry(
      "resnext50_32x4d", .bottleneck, [3, 4, 6, 3], groups: 32, groupWidth: 4,
      weights("resnext50_32x4d-7cdf4587.pth", 77.618, 93.698),
      secondWeights("resnext50_32x4d-1a0047aa.pth", 81.198, 95.34)),
    entry(
      "resnext101_32x8d", .bottleneck, [3, 4, 23, 3], groups: 32, groupWidth: 8,
      weights("resnext101_32x8d-8ba56ff5.pth", 79.312, 94.526),
      secondWeights("resnext101_32x8d-110c445d.pth", 82.834, 96.228)),
    entry(
      "resnext101_64x4d", .bottleneck, [3, 4, 23, 3], groups: 64, groupWidth: 4,
      PublishedWeights(
        file: "resnext101_64x4d-173b62eb.pth", top1: 83.246, top5: 96.454, evaluation: .imagenet(resize: 232))),
    entry(
      "wide_resnet50_2", .bottleneck, [3, 4, 6, 3], groupWidth: 128,
      weights("wide_resnet50_2-95faca4d.pth", 78.468, 94.086),
      secondWeights("wide_resnet50_2-9ba9bcbe.pth", 81.602, 95.758)),
    entry(
      "wide_resnet101_2", .bottleneck, [3, 4, 23, 3], groupWidth: 128,
      weights("wide_resnet101_2-32ee1156.pth", 78.848, 94.284),
      secondWeights("wide_resnet101_2-d733dc28.pth", 82.51, 96.02)),
  ]

  private static func weights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(file: file, top1: top1, top5: top5)
  }

  /// torchvision's later training recipe, evaluated at a shorter side of 232.
  private static func secondWeights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights("imagenet1k_v2", file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: 232))
  }

  private static func entry(
    _ name: String, _ block: Block, _ depths: [Int], groups: Int = 1, groupWidth: Int = 64,
    _ weights: PublishedWeights...
  ) -> ModelEntry {
    let (title, source) =
      switch (groups, groupWidth) {
      case (1, 64): ("ResNet", "He et al. 2016, arXiv:1512.03385")
      case (1, _): ("wide ResNet", "Zagoruyko & Komodakis 2016, arXiv:1605.07146")
      default: ("ResNeXt", "Xie et al. 2017, arXiv:1611.05431")
      }
    var kind =
      switch block {
      case .basic: "basic blocks"
      case .bottleneck: "bottlenecks"
      }
    if block == .bottleneck {
      kind += groups > 1 ? "; of \(groups) groups, with" : "; with"
      kind += " the stride on the 3x3 convolution (v1.5)"
    }
    return ModelEntry(
      name: name, family: "resnet", summary: "\(title), \(depths.reduce(0, +)) \(kind).", source: source,
      publishedWeights: weights,
      module: ResNet(block: block, depths: depths, groups: groups, groupWidth: groupWidth).network)
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
      bottleneck(from: channels, inner: width * groupWidth / 64 * groups, to: width * 4, stride: stride, scheme)
    }
  }

  private func bottleneck(
    from channels: Int, inner: Int, to outChannels: Int, stride: Pair, _ scheme: InitScheme
  ) -> Sequential {
    Sequential([
      "conv1": conv(channels, inner, kernel: 1, scheme),
      "bn1": BatchNorm2d(inner),
      "relu": ReLU(),
      "conv2": conv(inner, inner, kernel: 3, stride: stride, groups: groups, scheme),
      "bn2": BatchNorm2d(inner),
      "relu": ReLU(),
      "conv3": conv(inner, outChannels, kernel: 1, scheme),
      "bn3": BatchNorm2d(outChannels),
    ])
  }

  /// A convolution without bias that keeps the size at stride 1.
  private func conv(
    _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Pair = 1, groups: Int = 1, _ scheme: InitScheme
  ) -> Conv2d {
    Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: stride, padding: Pair(kernel / 2), groups: groups,
      bias: false, initializer: scheme.conv)
  }
}
