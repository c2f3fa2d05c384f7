import Layers

/// VGG (Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image recognition").
/// torchvision's layout and names.
struct VGG {
  /// The output channels of the 3×3 convolutions of each stage; a 2×2 max pooling ends every stage.
  let stages: [[Int]]
  /// Whether each convolution is followed by batch normalisation.
  let batchNorm: Bool

  /// The paper's configurations A, B, D and E by their number of layers with weights.
  private static let eleven = [[64], [128], [256, 256], [512, 512], [512, 512]]
  private static let thirteen = [[64, 64], [128, 128], [256, 256], [512, 512], [512, 512]]
  private static let sixteen = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]
  private static let nineteen = [
    [64, 64], [128, 128], [256, 256, 256, 256], [512, 512, 512, 512], [512, 512, 512, 512],
  ]

  static let models = [
    entry("vgg11", eleven, weights("vgg11-8a719046.pth", 69.02, 88.628)),
    entry("vgg11_bn", eleven, batchNorm: true, weights("vgg11_bn-6002323d.pth", 70.37, 89.81)),
    entry("vgg13", thirteen, weights("vgg13-19584684.pth", 69.928, 89.246)),
    entry("vgg13_bn", thirteen, batchNorm: true, weights("vgg13_bn-abd245e5.pth", 71.586, 90.374)),
    entry(
      "vgg16", sixteen, weights("vgg16-397923af.pth", 71.592, 90.382),
      // A backbone for detection whose classifier is not to be used: no accuracy is published.
      PublishedWeights(
        "imagenet1k_features", file: "vgg16_features-amdegroot-88682ab5.pth", top1: nil, top5: nil,
        evaluation: EvaluationPreset(
          resize: .shortSide(256), crop: 224, mean: [0.48235, 0.45882, 0.40784],
          std: Array(repeating: 1.0 / 255, count: 3)))),
    entry("vgg16_bn", sixteen, batchNorm: true, weights("vgg16_bn-6c64b313.pth", 73.36, 91.516)),
    entry("vgg19", nineteen, weights("vgg19-dcbb9e9d.pth", 72.376, 90.876)),
    entry("vgg19_bn", nineteen, batchNorm: true, weights("vgg19_bn-c79401a0.pth", 74.218, 91.842)),
  ]

  private static func weights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(file: file, top1: top1, top5: top5)
  }

  private static func entry(
    _ name: String, _ stages: [[Int]], batchNorm: Bool = false, _ weights: PublishedWeights...
  ) -> ModelEntry {
    let depth = stages.joined().count + 3
    return ModelEntry(
      name: name, family: "vgg",
      summary:
        "VGG, \(depth) layers\(batchNorm ? " with batch norm" : ""); 3x3 convolutions and 2x2 max pooling.",
      source: "Simonyan & Zisserman 2015, arXiv:1409.1556", dropout: 0.5, publishedWeights: weights,
      module: VGG(stages: stages, batchNorm: batchNorm).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConvSmallLinear : .torchDefault
    return Sequential([
      "features": Sequential(features(configuration, scheme)),
      "avgpool": AdaptiveAvgPool2d(7),
      "flatten": Flatten(),
      "classifier": Sequential {
        Linear(512 * 7 * 7, 4096, initializer: scheme.linear)
        ReLU()
        Dropout(configuration.dropout)
        Linear(4096, 4096, initializer: scheme.linear)
        ReLU()
        Dropout(configuration.dropout)
        Linear(4096, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  private func features(_ configuration: ModelConfiguration, _ scheme: InitScheme) -> [any Module] {
    var modules: [any Module] = []
    var channels = configuration.inputChannels
    for stage in stages {
      for width in stage {
        modules += convNormReLU(channels, width, kernel: 3, padding: 1, batchNorm: batchNorm, scheme: scheme)
        channels = width
      }
      modules.append(MaxPool2d(2))
    }
    return modules
  }
}
