import Layers

/// EfficientNets (Tan & Le 2019, "EfficientNet: Rethinking model scaling for convolutional neural networks"): depth, width
/// and image size grow together.
///
/// The second version, whose tables are in ``EfficientNetV2``, is built here too.
struct EfficientNet {
  /// What a stage is made of.
  enum Block {
    /// 1×1 to more channels, k×k on each channel alone, squeeze and excitation, 1×1 to few channels.
    case mbConv
    /// k×k to more channels, 1×1 to few channels (Tan & Le 2021).
    case fusedMBConv
  }

  /// A row of the papers' tables: blocks that follow each other, of which the first has the stride.
  struct Stage {
    let block: Block
    /// How many times wider a block is inside.
    let expansion: Int
    let kernel: Int
    let stride: Int
    let channels: Int
    let count: Int

    init(_ block: Block, expansion: Int, kernel: Int = 3, stride: Int, channels: Int, count: Int) {
      self.block = block
      self.expansion = expansion
      self.kernel = kernel
      self.stride = stride
      self.channels = channels
      self.count = count
    }
  }

  /// The channels that enter the first stage.
  let stem: Int
  let stages: [Stage]
  /// The channels that leave the last convolution.
  let width: Int
  /// What batch normalisation adds to a variance.
  var epsilon = 1e-5
  /// The share of a batch in the running statistics.
  var momentum = 0.1

  @Sendable
  func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConvUniformLinear : .torchDefault
    let style = ConvStyle(initializer: scheme.conv, epsilon: epsilon, momentum: momentum)
    var features: [any Module] = [
      Conv2dNormActivation(configuration.inputChannels, stem, stride: 2, activation: .silu, style: style)
    ]
    let depth = stages.reduce(0) { $0 + $1.count }
    var (channels, position) = (stem, 0)
    for stage in stages {
      var blocks: [any Module] = []
      for index in 0..<stage.count {
        // The deeper a block, the more often its input alone passes.
        let dropped = Self.stochasticDepth * Double(position) / Double(depth)
        blocks.append(block(stage, from: channels, stride: index == 0 ? stage.stride : 1, dropped: dropped, style))
        (channels, position) = (stage.channels, position + 1)
      }
      features.append(Sequential(blocks))
    }
    features.append(Conv2dNormActivation(channels, width, kernel: 1, activation: .silu, style: style))
    return Sequential([
      "features": Sequential(features),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Linear(width, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  /// The probability of stochastic depth that a block after the last one would have.
  private static let stochasticDepth = 0.2

  private func block(
    _ stage: Stage, from channels: Int, stride: Int, dropped: Double, _ style: ConvStyle
  ) -> any Module {
    let layers =
      switch stage.block {
      case .mbConv: mbConv(stage, from: channels, stride: stride, style)
      case .fusedMBConv: fusedMBConv(stage, from: channels, stride: stride, style)
      }
    guard stride == 1, channels == stage.channels else { return Sequential(["block": layers]) }
    return Residual(
      Sequential(["block": layers, "stochastic_depth": StochasticDepth(dropped)]), rectified: false)
  }

  private func mbConv(_ stage: Stage, from channels: Int, stride: Int, _ style: ConvStyle) -> Sequential {
    let inner = roundedChannels(Double(channels * stage.expansion))
    return Sequential {
      if inner != channels { Conv2dNormActivation(channels, inner, kernel: 1, activation: .silu, style: style) }
      Conv2dNormActivation(
        inner, inner, kernel: stage.kernel, stride: stride, groups: inner, activation: .silu, style: style)
      SqueezeExcitation(
        inner, squeezed: max(1, channels / 4), activation: .silu, initializer: style.initializer)
      Conv2dNormActivation(inner, stage.channels, kernel: 1, activation: nil, style: style)
    }
  }

  /// Without expansion it is one convolution.
  private func fusedMBConv(_ stage: Stage, from channels: Int, stride: Int, _ style: ConvStyle) -> Sequential {
    let inner = roundedChannels(Double(channels * stage.expansion))
    return Sequential {
      if inner == channels {
        Conv2dNormActivation(
          channels, stage.channels, kernel: stage.kernel, stride: stride, activation: .silu, style: style)
      } else {
        Conv2dNormActivation(
          channels, inner, kernel: stage.kernel, stride: stride, activation: .silu, style: style)
        Conv2dNormActivation(inner, stage.channels, kernel: 1, activation: nil, style: style)
      }
    }
  }
}
