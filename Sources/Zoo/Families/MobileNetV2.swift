import Layers

/// MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov & Chen 2018, "MobileNetV2: Inverted residuals and linear bottlenecks"):
/// shortcuts between few channels, depthwise convolutions on many channels between them, and no ReLU on the few.
struct MobileNetV2 {
  /// A row of the paper's table 2: blocks that follow each other, of which the first has the stride.
  private struct Stage {
    /// How many times wider a block is inside: t.
    let expansion: Int
    let channels: Int
    let count: Int
    let stride: Int
  }

  private static let stages = [
    Stage(expansion: 1, channels: 16, count: 1, stride: 1),
    Stage(expansion: 6, channels: 24, count: 2, stride: 2),
    Stage(expansion: 6, channels: 32, count: 3, stride: 2),
    Stage(expansion: 6, channels: 64, count: 4, stride: 2),
    Stage(expansion: 6, channels: 96, count: 3, stride: 1),
    Stage(expansion: 6, channels: 160, count: 3, stride: 2),
    Stage(expansion: 6, channels: 320, count: 1, stride: 1),
  ]

  static let models = [
    ModelEntry(
      name: "mobilenet_v2", family: "mobilenet",
      summary: "MobileNetV2, linear bottlenecks; in 17 residuals that are wide inside, by depthwise convolutions.",
      source: "Sandler et al. 2018, arXiv:1801.04381", dropout: 0.2,
      publishedWeights: [
        PublishedWeights(file: "mobilenet_v2-b0353104.pth", top1: 71.878, top5: 90.286),
        PublishedWeights(
          "imagenet1k_v2", file: "mobilenet_v2-7ebf99e0.pth", top1: 72.154, top5: 90.822,
          evaluation: .imagenet(resize: 232)),
      ], module: network)
  ]

  @Sendable
  private static func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConvSmallLinear : .torchDefault
    let style = ConvStyle(initializer: scheme.conv)
    var channels = 32
    var features: [any Module] = [
      Conv2dNormActivation(configuration.inputChannels, channels, stride: 2, activation: .relu6, style: style)
    ]
    for stage in stages {
      for position in 0..<stage.count {
        features.append(
          block(from: channels, to: stage.channels, stride: position == 0 ? stage.stride : 1, stage.expansion, style))
        channels = stage.channels
      }
    }
    features.append(Conv2dNormActivation(channels, 1280, kernel: 1, activation: .relu6, style: style))
    return Sequential([
      "features": Sequential(features),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Linear(1280, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  /// 1×1 to more channels, 3×3 on each channel alone, 1×1 to few channels and nothing after its normalisation.
  private static func block(
    from channels: Int, to outChannels: Int, stride: Int, _ expansion: Int, _ style: ConvStyle
  ) -> any Module {
    let inner = channels * expansion
    let conv = Sequential {
      if expansion > 1 { Conv2dNormActivation(channels, inner, kernel: 1, activation: .relu6, style: style) }
      Conv2dNormActivation(inner, inner, stride: stride, groups: inner, activation: .relu6, style: style)
      Conv2d(inner, outChannels, kernel: 1, bias: false, initializer: style.initializer)
      BatchNorm2d(outChannels)
    }
    let body = Sequential(["conv": conv])
    return stride == 1 && channels == outChannels ? Residual(body, rectified: false) : body
  }
}
