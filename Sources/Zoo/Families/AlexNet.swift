import Layers

/// AlexNet in the one-column form of Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks",
/// after Krizhevsky, Sutskever & Hinton 2012. torchvision's layout and names.
struct AlexNet {
  /// The channels of the five convolutions.
  let channels: [Int]
  /// The features of the two hidden fully connected layers.
  let hiddenFeatures: Int
  /// Whether each convolution is followed by batch normalisation.
  let batchNorm: Bool

  /// torchvision's widths.
  static let full = AlexNet(channels: [64, 192, 384, 256, 256], hiddenFeatures: 4096, batchNorm: false)
  static let fullBatchNorm = AlexNet(channels: full.channels, hiddenFeatures: full.hiddenFeatures, batchNorm: true)
  /// One of the two columns of 2012, as a well-known PyTorch tutorial has it.
  static let half = AlexNet(channels: [48, 128, 192, 192, 128], hiddenFeatures: 2048, batchNorm: false)
  static let halfBatchNorm = AlexNet(channels: half.channels, hiddenFeatures: half.hiddenFeatures, batchNorm: true)

  static let models = [
    ModelEntry(
      name: "alexnet", family: family,
      summary: "AlexNet of 2014, as torchvision; starts with PyTorch's defaults.", source: source, dropout: 0.5,
      publishedWeights: [PublishedWeights(file: "alexnet-owt-7be5be79.pth", top1: 56.522, top5: 79.066)],
      module: { full.network($0, byScheme: false) }),
    ModelEntry(
      name: "alexnet_bn", family: family,
      summary: "alexnet with batch normalisation; after each convolution, whose biases stay as in vgg*_bn.",
      source: source, dropout: 0.5, module: { fullBatchNorm.network($0, byScheme: false) }),
    ModelEntry(
      name: "alexnet_half", family: family,
      summary: "AlexNet of half the width; one column of 2012 that starts with kaiming_normal and N(0, 0.01).",
      source: source, dropout: 0.5, evaluation: .squashed(to: 224, channels: 3),
      module: { half.network($0, byScheme: true) }),
    ModelEntry(
      name: "alexnet_half_bn", family: family,
      summary: "alexnet_half with batch norm; after each convolution.", source: source, dropout: 0.5,
      evaluation: .squashed(to: 224, channels: 3), module: { halfBatchNorm.network($0, byScheme: true) }),
  ]

  private static let family = "alexnet"
  private static let source = "Krizhevsky 2014, arXiv:1404.5997; Krizhevsky, Sutskever & Hinton 2012"

  /// The network.
  ///
  /// The half-width tutorial has no `avgpool`. At 224×224 its 6×6 bins hold one element each, so it changes nothing there,
  /// and it lets the model take other sizes.
  private func network(_ configuration: ModelConfiguration, byScheme: Bool) -> any Module {
    let scheme: InitScheme =
      configuration.initWeights ?? byScheme ? .kaimingConvSmallLinear : .torchDefault
    return Sequential([
      "features": Sequential(features(configuration, scheme)),
      "avgpool": AdaptiveAvgPool2d(6),
      "flatten": Flatten(),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Linear(channels[4] * 6 * 6, hiddenFeatures, initializer: scheme.linear)
        ReLU()
        Dropout(configuration.dropout)
        Linear(hiddenFeatures, hiddenFeatures, initializer: scheme.linear)
        ReLU()
        Linear(hiddenFeatures, configuration.numClasses, initializer: scheme.linear)
      },
    ])
  }

  @ModuleListBuilder
  private func features(_ configuration: ModelConfiguration, _ scheme: InitScheme) -> [any Module] {
    convNormReLU(
      configuration.inputChannels, channels[0], kernel: 11, stride: 4, padding: 2, batchNorm: batchNorm, scheme: scheme)
    MaxPool2d(3, stride: 2)
    convNormReLU(channels[0], channels[1], kernel: 5, padding: 2, batchNorm: batchNorm, scheme: scheme)
    MaxPool2d(3, stride: 2)
    for layer in 2...4 {
      convNormReLU(channels[layer - 1], channels[layer], kernel: 3, padding: 1, batchNorm: batchNorm, scheme: scheme)
    }
    MaxPool2d(3, stride: 2)
  }
}
