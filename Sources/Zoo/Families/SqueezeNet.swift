import Layers

/// SqueezeNets (Iandola, Han, Moskewicz, Ashraf, Dally & Keutzer 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer
/// parameters and <0.5MB model size"): AlexNet's accuracy with a fiftieth of its parameters, by few channels before wide
/// kernels and no fully connected layer.
struct SqueezeNet {
  /// 1.0 is the paper's; 1.1 pools earlier and needs 2.4 times less work.
  enum Version: String {
    case v1_0 = "1_0"
    case v1_1 = "1_1"
  }

  let version: Version

  static let models = [
    entry(
      .v1_0, "SqueezeNet, eight fire modules; version 1.0.", "squeezenet1_0-b66bff10.pth", 58.092,
      80.42),
    entry(
      .v1_1, "SqueezeNet that pools earlier; version 1.1.", "squeezenet1_1-b8a52dc0.pth",
      58.178, 80.624
    ),
  ]

  private static func entry(
    _ version: Version, _ summary: String, _ file: String, _ top1: Double, _ top5: Double
  ) -> ModelEntry {
    ModelEntry(
      name: "squeezenet\(version.rawValue)", family: "squeezenet", summary: summary,
      source: "Iandola et al. 2016, arXiv:1602.07360", dropout: 0.5,
      publishedWeights: [PublishedWeights(file: file, top1: top1, top5: top5)],
      module: SqueezeNet(version: version).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let isPublished = configuration.initWeights ?? true
    let scheme = isPublished ? InitScheme.heUniform : .torchDefault
    let last = isPublished ? LayerInitializer(weight: .normal(std: 0.01), bias: .constant(0)) : .torchDefault
    return Sequential([
      "features": features(configuration.inputChannels, scheme.conv),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Conv2d(512, configuration.numClasses, kernel: 1, initializer: last)
        ReLU()
        AdaptiveAvgPool2d(1)
      },
      "flatten": Flatten(),
    ])
  }

  private func features(_ inputChannels: Int, _ initializer: LayerInitializer) -> Sequential {
    func fire(_ channels: Int, _ squeeze: Int, _ expand: Int) -> Fire {
      Fire(channels: channels, squeeze: squeeze, expand: expand, initializer: initializer)
    }
    let pool = MaxPool2d(3, stride: 2, ceilMode: true)
    let (first, second) = ([fire(128, 16, 64), fire(128, 32, 128)], [fire(256, 48, 192), fire(384, 48, 192)])
    switch version {
    case .v1_0:
      return Sequential {
        Conv2d(inputChannels, 96, kernel: 7, stride: 2, initializer: initializer)
        ReLU()
        pool
        fire(96, 16, 64)
        first
        pool
        fire(256, 32, 128)
        second
        fire(384, 64, 256)
        pool
        fire(512, 64, 256)
      }
    case .v1_1:
      return Sequential {
        Conv2d(inputChannels, 64, kernel: 3, stride: 2, initializer: initializer)
        ReLU()
        pool
        fire(64, 16, 64)
        fire(128, 16, 64)
        pool
        fire(128, 32, 128)
        fire(256, 32, 128)
        pool
        second
        fire(384, 64, 256)
        fire(512, 64, 256)
      }
    }
  }
}

/// A squeeze to few channels by 1×1, from which 1×1 and 3×3 convolutions expand side by side.
private struct Fire: Module {
  let channels: Int
  let squeeze: Int
  /// The channels of each of the two expansions.
  let expand: Int
  let initializer: LayerInitializer

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let squeezed = rectified("squeeze", channels, squeeze, kernel: 1).emit(into: &builder, at: path, input: input)
    let expanded = [("expand1x1", 1), ("expand3x3", 3)].map { name, kernel in
      rectified(name, squeeze, expand, kernel: kernel).emit(into: &builder, at: path, input: squeezed)
    }
    return builder.add(.concat, at: path, inputs: expanded)
  }

  private func rectified(_ name: String, _ inChannels: Int, _ outChannels: Int, kernel: Int) -> Sequential {
    let conv = Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), padding: Pair(kernel / 2), initializer: initializer)
    return Sequential([name: conv, "\(name)_activation": ReLU()] as KeyValuePairs<String, any Module>)
  }
}
