import Layers

/// ShuffleNet V2 (Ma, Zhang, Zheng & Sun 2018, "ShuffleNet V2: Practical guidelines for efficient CNN architecture
/// design"): half of the channels pass a block unchanged, and a shuffle mixes the halves afterwards.
/// torchvision's layout and names.
struct ShuffleNetV2 {
  /// The channels of the three stages.
  let widths: [Int]
  /// The channels before the classifier.
  let lastWidth: Int

  /// The blocks of each stage.
  private static let depths = [4, 8, 4]
  /// The channels of the first convolution.
  private static let stemWidth = 24

  static let models = [
    entry("0_5", [48, 96, 192], file: "shufflenetv2_x0.5-f707e7126e.pth", 60.552, 81.746),
    entry("1_0", [116, 232, 464], file: "shufflenetv2_x1-5666bf0f80.pth", 69.362, 88.316),
    entry("1_5", [176, 352, 704], file: "shufflenetv2_x1_5-3c479a10.pth", 72.996, 91.086, resize: 232),
    entry(
      "2_0", [244, 488, 976], lastWidth: 2048, file: "shufflenetv2_x2_0-8be3c8ee.pth", 76.230, 93.006, resize: 232),
  ]

  private static func entry(
    _ multiplier: String, _ widths: [Int], lastWidth: Int = 1024, file: String, _ top1: Double, _ top5: Double,
    resize: Int = 256
  ) -> ModelEntry {
    ModelEntry(
      name: "shufflenet_v2_x\(multiplier)", family: "shufflenet",
      summary:
        "ShuffleNet V2, \(multiplier.replacing("_", with: ".")) times as wide; half of a block passes unchanged.",
      source: "Ma et al. 2018, arXiv:1807.11164",
      publishedWeights: [
        PublishedWeights(file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: resize))
      ], module: ShuffleNetV2(widths: widths, lastWidth: lastWidth).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    // torchvision keeps PyTorch's defaults; `init_weights` means He et al. 2015.
    let scheme: InitScheme = configuration.initWeights ?? false ? .kaimingConv : .torchDefault
    var channels = Self.stemWidth
    let stages = zip(widths, Self.depths).map { width, depth in
      let first = ShuffleUnit(channels: channels, width: width, stride: 2, scheme: scheme)
      let others = ShuffleUnit(channels: width, width: width, stride: 1, scheme: scheme)
      channels = width
      return Sequential([first] + Array(repeating: others, count: depth - 1))
    }
    return Sequential([
      "conv1": Sequential(
        conv(configuration.inputChannels, Self.stemWidth, kernel: 3, stride: 2, scheme) + [ReLU()]),
      "maxpool": MaxPool2d(3, stride: 2, padding: 1),
      "stage2": stages[0],
      "stage3": stages[1],
      "stage4": stages[2],
      "conv5": Sequential(conv(channels, lastWidth, kernel: 1, scheme) + [ReLU()]),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "fc": Linear(lastWidth, configuration.numClasses, initializer: scheme.linear),
    ])
  }
}

/// Two branches of half the width, whose channels are then taken in turns.
///
/// At stride 1 each branch takes half of the channels, and the first does nothing; at stride 2 both take all of them.
private struct ShuffleUnit: Module {
  let channels: Int
  let width: Int
  let stride: Int
  let scheme: InitScheme

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let half = width / 2
    let first: any Module
    var rest = input
    if stride == 1 {
      first = NarrowChannels(from: 0, count: half)
      rest = NarrowChannels(from: half, count: half).emit(into: &builder, at: path, input: input)
    } else {
      first = Sequential(
        conv(channels, channels, kernel: 3, stride: stride, groups: channels, scheme)
          + conv(channels, half, kernel: 1, scheme) + [ReLU()])
    }
    let second = Sequential(
      conv(stride == 1 ? half : channels, half, kernel: 1, scheme) + [ReLU()]
        + conv(half, half, kernel: 3, stride: stride, groups: half, scheme) + conv(half, half, kernel: 1, scheme)
        + [ReLU()])
    let results = [
      first.emit(into: &builder, at: path.child("branch1"), input: input),
      second.emit(into: &builder, at: path.child("branch2"), input: rest),
    ]
    let joined = builder.add(.concat, at: path, inputs: results)
    return ChannelShuffle(groups: 2).emit(into: &builder, at: path, input: joined)
  }
}

/// A convolution without bias that keeps the size at stride 1, and its normalisation.
private func conv(
  _ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Int = 1, groups: Int = 1, _ scheme: InitScheme
) -> [any Module] {
  [
    Conv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: Pair(stride), padding: Pair(kernel / 2), groups: groups,
      bias: false, initializer: scheme.conv), BatchNorm2d(outChannels),
  ]
}
