import Layers

/// MobileNetV3 (Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le & Adam 2019, "Searching for
/// MobileNetV3"): inverted residuals found by a search, with squeeze and excitation, and Hardswish in the deeper half.
struct MobileNetV3 {
  /// A row of the paper's tables 1 and 2: an inverted residual.
  private struct Bottleneck {
    let kernel: Int
    /// The channels inside.
    let expanded: Int
    /// The channels that leave it.
    let channels: Int
    /// Whether it has squeeze and excitation.
    let squeezes: Bool
    let activation: Activation
    let stride: Int

    init(_ kernel: Int, _ expanded: Int, _ channels: Int, _ squeezes: Bool, _ activation: Activation, _ stride: Int) {
      self.kernel = kernel
      self.expanded = expanded
      self.channels = channels
      self.squeezes = squeezes
      self.activation = activation
      self.stride = stride
    }
  }

  private let bottlenecks: [Bottleneck]
  /// The features of the hidden fully connected layer.
  private let hiddenFeatures: Int

  private static let large = MobileNetV3(
    bottlenecks: [
      Bottleneck(3, 16, 16, false, .relu, 1),
      Bottleneck(3, 64, 24, false, .relu, 2),
      Bottleneck(3, 72, 24, false, .relu, 1),
      Bottleneck(5, 72, 40, true, .relu, 2),
      Bottleneck(5, 120, 40, true, .relu, 1),
      Bottleneck(5, 120, 40, true, .relu, 1),
      Bottleneck(3, 240, 80, false, .hardSwish, 2),
      Bottleneck(3, 200, 80, false, .hardSwish, 1),
      Bottleneck(3, 184, 80, false, .hardSwish, 1),
      Bottleneck(3, 184, 80, false, .hardSwish, 1),
      Bottleneck(3, 480, 112, true, .hardSwish, 1),
      Bottleneck(3, 672, 112, true, .hardSwish, 1),
      Bottleneck(5, 672, 160, true, .hardSwish, 2),
      Bottleneck(5, 960, 160, true, .hardSwish, 1),
      Bottleneck(5, 960, 160, true, .hardSwish, 1),
    ], hiddenFeatures: 1280)

  private static let small = MobileNetV3(
    bottlenecks: [
      Bottleneck(3, 16, 16, true, .relu, 2),
      Bottleneck(3, 72, 24, false, .relu, 2),
      Bottleneck(3, 88, 24, false, .relu, 1),
      Bottleneck(5, 96, 40, true, .hardSwish, 2),
      Bottleneck(5, 240, 40, true, .hardSwish, 1),
      Bottleneck(5, 240, 40, true, .hardSwish, 1),
      Bottleneck(5, 120, 48, true, .hardSwish, 1),
      Bottleneck(5, 144, 48, true, .hardSwish, 1),
      Bottleneck(5, 288, 96, true, .hardSwish, 2),
      Bottleneck(5, 576, 96, true, .hardSwish, 1),
      Bottleneck(5, 576, 96, true, .hardSwish, 1),
    ], hiddenFeatures: 1024)

  static let models = [
    small.entry(
      "small", PublishedWeights(file: "mobilenet_v3_small-047dcff4.pth", top1: 67.668, top5: 87.402)),
    large.entry(
      "large", PublishedWeights(file: "mobilenet_v3_large-8738ca79.pth", top1: 74.042, top5: 91.34),
      PublishedWeights(
        "imagenet1k_v2", file: "mobilenet_v3_large-5c1a4163.pth", top1: 75.274, top5: 92.566,
        evaluation: .imagenet(resize: 232))),
  ]

  private func entry(_ size: String, _ weights: PublishedWeights...) -> ModelEntry {
    ModelEntry(
      name: "mobilenet_v3_\(size)", family: "mobilenet",
      summary: "MobileNetV3, the \(size) one; found by a search, with squeeze and excitation.",
      source: "Howard et al. 2019, arXiv:1905.02244", dropout: 0.2, publishedWeights: weights, module: network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConvSmallLinear : .torchDefault
    let style = ConvStyle(initializer: scheme.conv, epsilon: 1e-3, momentum: 0.01)
    var channels = 16
    var features: [any Module] = [
      Conv2dNormActivation(configuration.inputChannels, channels, stride: 2, activation: .hardSwish, style: style)
    ]
    for bottleneck in bottlenecks {
      features.append(residual(bottleneck, from: channels, style))
      channels = bottleneck.channels
    }
    let width = 6 * channels
    features.append(Conv2dNormActivation(channels, width, kernel: 1, activation: .hardSwish, style: style))
    return Sequential([
      "features": Sequential(features),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "classifier": Sequential {
        Linear(width, hiddenFeatures, initializer: scheme.linear)
        Activation.hardSwish
        Dropout(configuration.dropout)
        Linear(hiddenFeatures, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  /// 1×1 to more channels, k×k on each channel alone, squeeze and excitation, 1×1 to few channels.
  private func residual(_ bottleneck: Bottleneck, from channels: Int, _ style: ConvStyle) -> any Module {
    let (inner, activation) = (bottleneck.expanded, bottleneck.activation)
    let block = Sequential {
      if inner != channels {
        Conv2dNormActivation(channels, inner, kernel: 1, activation: activation, style: style)
      }
      Conv2dNormActivation(
        inner, inner, kernel: bottleneck.kernel, stride: bottleneck.stride, groups: inner, activation: activation,
        style: style)
      if bottleneck.squeezes {
        SqueezeExcitation(
          inner, squeezed: roundedChannels(Double(inner / 4)), scale: .hardSigmoid, initializer: style.initializer)
      }
      Conv2dNormActivation(inner, bottleneck.channels, kernel: 1, activation: nil, style: style)
    }
    let body = Sequential(["block": block])
    return bottleneck.stride == 1 && channels == bottleneck.channels ? Residual(body, rectified: false) : body
  }
}
