import Layers

/// ConvNeXt (Liu, Mao, Wu, Feichtenhofer, Darrell & Xie 2022, "A ConvNet for the 2020s"): a ResNet changed step by step to
/// what made Swin transformers good, without attention.
struct ConvNeXt {
  /// The blocks of each of the four stages.
  let depths: [Int]
  /// The channels of the first stage; each other one has twice as many as the one before.
  let width: Int
  /// The probability with which the input of the last block alone passes; it grows from 0 evenly.
  let stochasticDepth: Double

  static let models = [
    entry("tiny", [3, 3, 9, 3], 96, 0.1, "convnext_tiny-983f1562.pth", 82.52, 96.146, resize: 236),
    entry("small", [3, 3, 27, 3], 96, 0.4, "convnext_small-0c510722.pth", 83.616, 96.65, resize: 230),
    entry("base", [3, 3, 27, 3], 128, 0.5, "convnext_base-6075fbad.pth", 84.062, 96.87, resize: 232),
    entry("large", [3, 3, 27, 3], 192, 0.5, "convnext_large-ea097f82.pth", 84.414, 96.976, resize: 232),
  ]

  private static func entry(
    _ size: String, _ depths: [Int], _ width: Int, _ stochasticDepth: Double, _ file: String, _ top1: Double,
    _ top5: Double, resize: Int
  ) -> ModelEntry {
    let evaluation = EvaluationPreset.imagenet(resize: resize)
    return ModelEntry(
      name: "convnext_\(size)", family: "convnext",
      summary: "ConvNeXt, the \(size) one; \(depths.reduce(0, +)) blocks of 7x7 depthwise convolutions, "
        + "the first \(width) channels wide.",
      source: "Liu et al. 2022, arXiv:2201.03545", evaluation: evaluation,
      publishedWeights: [PublishedWeights(file: file, top1: top1, top5: top5, evaluation: evaluation)],
      module: ConvNeXt(depths: depths, width: width, stochasticDepth: stochasticDepth).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .truncatedNormal : .torchDefault
    var features: [any Module] = [
      Sequential {
        Conv2d(configuration.inputChannels, width, kernel: 4, stride: 4, initializer: scheme.conv)
        LayerNorm2d(width, epsilon: Self.epsilon)
      }
    ]
    let last = Double(depths.reduce(0, +) - 1)
    var (channels, position) = (width, 0)
    for (index, depth) in depths.enumerated() {
      if index > 0 {
        features.append(downsampling(channels, scheme))
        channels *= 2
      }
      var blocks: [any Module] = []
      for _ in 0..<depth {
        blocks.append(Block(channels: channels, dropped: stochasticDepth * Double(position) / last, scheme: scheme))
        position += 1
      }
      features.append(Sequential(blocks))
    }
    return Sequential([
      "features": Sequential(features),
      "avgpool": AdaptiveAvgPool2d(1),
      "classifier": Sequential {
        LayerNorm2d(channels, epsilon: Self.epsilon)
        Flatten()
        Linear(channels, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  /// Half the height and width, twice the channels.
  private func downsampling(_ channels: Int, _ scheme: InitScheme) -> Sequential {
    Sequential {
      LayerNorm2d(channels, epsilon: Self.epsilon)
      Conv2d(channels, 2 * channels, kernel: 2, stride: 2, initializer: scheme.conv)
    }
  }

  /// What layer normalisation adds to a variance.
  fileprivate static let epsilon = 1e-6
}

/// x + scale · MLP(LayerNorm(7×7 on each channel alone)), with four times as many channels inside the MLP.
private struct Block: Module {
  let channels: Int
  /// The probability of stochastic depth.
  let dropped: Double
  let scheme: InitScheme

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let body = LayerScale(channels, initial: 1e-6, Sequential(["block": layers]))
    let scaled = body.emit(into: &builder, at: path, input: input)
    let result = StochasticDepth(dropped).emit(into: &builder, at: path.child("stochastic_depth"), input: scaled)
    return builder.add(.add, at: path, inputs: [result, input])
  }

  private var layers: Sequential {
    Sequential {
      Conv2d(channels, channels, kernel: 7, padding: 3, groups: channels, initializer: scheme.conv)
      Permute.channelsLast
      LayerNorm(channels, epsilon: ConvNeXt.epsilon)
      Linear(channels, 4 * channels, initializer: scheme.linear)
      Activation.gelu
      Linear(4 * channels, channels, initializer: scheme.linear)
      Permute.channelsFirst
    }
  }
}
