import Layers

/// Densely connected networks (Huang, Liu, van der Maaten & Weinberger 2017, "Densely connected convolutional networks"):
/// every layer of a block sees the results of all layers before it. The bottlenecked kind with compression, DenseNet-BC.
struct DenseNet {
  /// The layers of each of the four blocks.
  let depths: [Int]
  /// The channels that a layer adds: the growth rate k.
  let growth: Int
  /// The channels before the first block.
  let width: Int

  static let models = [
    entry(121, [6, 12, 24, 16], file: "densenet121-a639ec97.pth", 74.434, 91.972),
    entry(161, [6, 12, 36, 24], growth: 48, width: 96, file: "densenet161-8d451a50.pth", 77.138, 93.56),
    entry(169, [6, 12, 32, 32], file: "densenet169-b2777c0a.pth", 75.6, 92.806),
    entry(201, [6, 12, 48, 32], file: "densenet201-c1103571.pth", 76.896, 93.37),
  ]

  private static func entry(
    _ depth: Int, _ depths: [Int], growth: Int = 32, width: Int = 64, file: String, _ top1: Double, _ top5: Double
  ) -> ModelEntry {
    ModelEntry(
      name: "densenet\(depth)", family: "densenet",
      summary: "DenseNet-BC, \(depth) layers; their growth rate is \(growth).",
      source: "Huang et al. 2017, arXiv:1608.06993",
      publishedWeights: [PublishedWeights(file: file, top1: top1, top5: top5)],
      stateDictVersions: Dictionary(uniqueKeysWithValues: (1...depths.count).map { ("features.denseblock\($0)", 2) }),
      module: DenseNet(depths: depths, growth: growth, width: width).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let isPublished = configuration.initWeights ?? true
    let initializer =
      isPublished ? LayerInitializer(weight: .kaimingNormal(.fanIn, gain: 2.0.squareRoot())) : .torchDefault
    let classifier =
      isPublished
      ? LayerInitializer(weight: LayerInitializer.torchDefault.weight, bias: .constant(0)) : .torchDefault
    let features = Features(
      inputChannels: configuration.inputChannels, depths: depths, growth: growth, width: width, initializer: initializer
    )
    return Sequential([
      "features": features,
      "relu": ReLU(),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "classifier": Linear(features.channels, configuration.numClasses, initializer: classifier),
    ])
  }
}

/// The blocks with the transitions between them.
private struct Features: Module {
  let inputChannels: Int
  let depths: [Int]
  let growth: Int
  let width: Int
  let initializer: LayerInitializer

  /// The channels after the last block; a transition halves them after each other one.
  var channels: Int {
    depths.dropLast().reduce(width) { ($0 + $1 * growth) / 2 } + (depths.last ?? 0) * growth
  }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let stem = Sequential([
      "conv0": Conv2d(
        inputChannels, width, kernel: 7, stride: 2, padding: 3, bias: false, initializer: initializer),
      "norm0": BatchNorm2d(width),
      "relu0": ReLU(),
      "pool0": MaxPool2d(3, stride: 2, padding: 1),
    ])
    var value = stem.emit(into: &builder, at: path, input: input)
    var channels = width
    for (index, depth) in depths.enumerated() {
      let block = path.child("denseblock\(index + 1)")
      for layer in 0..<depth {
        let at = block.child("denselayer\(layer + 1)")
        let added = self.layer(channels).emit(into: &builder, at: at, input: value)
        value = builder.add(.concat, at: at, inputs: [value, added])
        channels += growth
      }
      guard index < depths.count - 1 else { break }
      value = transition(channels).emit(into: &builder, at: path.child("transition\(index + 1)"), input: value)
      channels /= 2
    }
    return BatchNorm2d(channels).emit(into: &builder, at: path.child("norm5"), input: value)
  }

  /// 1×1 to four times the growth rate, then 3×3 to the growth rate, each after its normalisation and ReLU.
  private func layer(_ channels: Int) -> Sequential {
    Sequential([
      "norm1": BatchNorm2d(channels),
      "relu1": ReLU(),
      "conv1": Conv2d(channels, 4 * growth, kernel: 1, bias: false, initializer: initializer),
      "norm2": BatchNorm2d(4 * growth),
      "relu2": ReLU(),
      "conv2": Conv2d(4 * growth, growth, kernel: 3, padding: 1, bias: false, initializer: initializer),
    ])
  }

  /// Half the channels, half the height and width.
  private func transition(_ channels: Int) -> Sequential {
    Sequential([
      "norm": BatchNorm2d(channels),
      "relu": ReLU(),
      "conv": Conv2d(channels, channels / 2, kernel: 1, bias: false, initializer: initializer),
      "pool": AvgPool2d(2, stride: 2),
    ])
  }
}
