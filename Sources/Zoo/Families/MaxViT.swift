import Layers

/// Convolutions with attention in windows and in grids by turns, so that after each pair every pixel has seen all others (Tu,
/// Talebi, Zhang, Yang, Milanfar, Bovik & Li 2022, "MaxViT: Multi-axis vision transformer").
struct MaxViT {
  /// The channels of the stem.
  let stem: Int
  /// The channels of each block, which halves height and width.
  let channels: [Int]
  /// The layers of each block.
  let depths: [Int]
  /// The probability that the last layer leaves out a branch; it grows evenly from 0.
  let stochasticDepth: Double

  /// The features of an attention head.
  private static let headFeatures = 32
  /// The rows and columns of windows and grids.
  private static let partition = Pair(7)

  static let models = [
    ModelEntry(
      name: "maxvit_t", family: "maxvit",
      summary: "MaxViT tiny; convolutions, then attention in windows and in grids of 7x7 tokens.",
      source: "Tu et al. 2022, arXiv:2204.01697", dropout: 0, evaluation: evaluation,
      publishedWeights: [
        PublishedWeights(file: "maxvit_t-bc5ab103.pth", top1: 83.7, top5: 96.722, evaluation: evaluation)
      ],
      module: MaxViT(stem: 64, channels: [64, 128, 256, 512], depths: [2, 2, 5, 2], stochasticDepth: 0.2).network)
  ]

  private static let evaluation = EvaluationPreset.imagenet(resize: 224, interpolation: .bicubic)

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme =
      configuration.initWeights ?? true
      ? LayerInitializer(weight: .normal(std: 0.02), bias: .constant(0)) : .torchDefault
    let layers = depths.reduce(0, +)
    var layer = 0
    var blocks: [any Module] = []
    var width = stem
    for (channels, depth) in zip(channels, depths) {
      var modules: [any Module] = []
      for index in 0..<depth {
        let probability = layer == layers - 1 ? stochasticDepth : Double(layer) * (stochasticDepth / Double(layers - 1))
        modules.append(
          Self.layer(
            from: index == 0 ? width : channels, to: channels, stride: index == 0 ? 2 : 1,
            dropout: configuration.dropout,
            stochasticDepth: probability, scheme))
        layer += 1
      }
      blocks.append(Sequential(["layers": Sequential(modules)]))
      width = channels
    }
    return Sequential([
      "stem": Sequential {
        Sequential(
          MBConv.conv(configuration.inputChannels, stem, kernel: 3, stride: 2, initializer: scheme))
        Sequential([Conv2d(stem, stem, kernel: 3, padding: 1, initializer: scheme)])
      },
      "blocks": Sequential(blocks),
      "classifier": Sequential {
        AdaptiveAvgPool2d(1)
        Flatten()
        LayerNorm(width)
        Linear(width, width, initializer: scheme)
        Activation.tanh
        Linear(width, configuration.numClasses, bias: false, initializer: scheme)
      },
    ])
  }

  /// A convolution, attention in windows, attention in grids.
  private static func layer(
    from channels: Int, to width: Int, stride: Int, dropout: Double, stochasticDepth: Double, _ scheme: LayerInitializer
  ) -> Sequential {
    func attention(_ span: AttentionAttributes.Span) -> PartitionAttention {
      PartitionAttention(
        features: width, span: span, headFeatures: headFeatures, dropout: dropout, stochasticDepth: stochasticDepth,
        initializer: scheme)
    }
    return Sequential([
      "layers": Sequential([
        "MBconv": MBConv(
          inChannels: channels, outChannels: width, stride: stride, stochasticDepth: stochasticDepth,
          initializer: scheme),
        "window_attention": attention(.windows(partition, shift: 0)),
        "grid_attention": attention(.grid(partition)),
      ])
    ])
  }
}

/// An inverted residual (Sandler et al. 2018, arXiv:1801.04381) with squeeze and excitation, normalised first.
private struct MBConv: Module {
  let inChannels: Int
  let outChannels: Int
  let stride: Int
  let stochasticDepth: Double
  let initializer: LayerInitializer

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    var shortcut: [any Module] = []
    if stride == 2 { shortcut.append(AvgPool2d(3, stride: 2, padding: 1)) }
    if stride != 1 || inChannels != outChannels {
      shortcut.append(Conv2d(inChannels, outChannels, kernel: 1, initializer: initializer))
    }
    let short = Sequential(shortcut).emit(into: &builder, at: path.child("proj"), input: input)
    let inner = 4 * outChannels
    let layers = Sequential([
      "pre_norm": Self.norm(inChannels),
      "conv_a": Sequential(Self.conv(inChannels, inner, kernel: 1, initializer: initializer)),
      "conv_b": Sequential(
        Self.conv(inner, inner, kernel: 3, stride: stride, groups: inner, initializer: initializer)),
      "squeeze_excitation": SqueezeExcitation(
        inner, squeezed: outChannels / 4, activation: .silu, initializer: initializer),
      "conv_c": Conv2d(inner, outChannels, kernel: 1, initializer: initializer),
    ])
    var value = layers.emit(into: &builder, at: path.child("layers"), input: input)
    if stochasticDepth > 0 {
      value = StochasticDepth(stochasticDepth).emit(into: &builder, at: path.child("stochastic_depth"), input: value)
    }
    return builder.add(.add, at: path, inputs: [short, value])
  }

  private static func norm(_ channels: Int) -> BatchNorm2d { BatchNorm2d(channels, epsilon: 1e-3, momentum: 0.01) }

  /// A convolution without bias that keeps the size at stride 1, its normalisation and GELU.
  static func conv(
    _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, initializer: LayerInitializer
  ) -> [any Module] {
    let conv = Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: Pair(stride), padding: Pair(kernel / 2), groups: groups,
      bias: false, initializer: initializer)
    return [conv, norm(outChannels), Activation.gelu]
  }
}

/// Attention of tokens in groups, then two linear layers, each after a normalisation and beside a shortcut, on [N, C, H, W].
private struct PartitionAttention: Module {
  let features: Int
  let span: AttentionAttributes.Span
  let headFeatures: Int
  let dropout: Double
  let stochasticDepth: Double
  let initializer: LayerInitializer

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let attention = Sequential([
      LayerNorm(features),
      RelativePositionAttention(features, headFeatures: headFeatures, span: span, initializer: initializer),
      Dropout(dropout),
    ])
    let linear = Sequential([
      LayerNorm(features),
      Linear(features, 4 * features, initializer: initializer),
      Activation.gelu,
      Linear(4 * features, features, initializer: initializer),
      Dropout(dropout),
    ])
    let drop = StochasticDepth(stochasticDepth)
    var value = Permute.channelsLast.emit(into: &builder, at: path, input: input)
    for (name, module) in [("attn_layer", attention), ("mlp_layer", linear)] {
      let branch = module.emit(into: &builder, at: path.child(name), input: value)
      let dropped = drop.emit(into: &builder, at: path.child("stochastic_dropout"), input: branch)
      value = builder.add(.add, at: path, inputs: [value, dropped])
    }
    return Permute.channelsFirst.emit(into: &builder, at: path, input: value)
  }
}
