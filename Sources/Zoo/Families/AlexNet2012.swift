import Layers

/// AlexNet as it was published (Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional
/// neural networks"): two towers, which are groups of channels here, that see each other in the third convolution and in
/// the fully connected layers; response normalisation; pooling windows that overlap.
///
/// Images are 227×227: with the 224 that the paper says, the first convolution would not give its 55×55. Layers are named
/// as in torchvision's later AlexNet.
enum AlexNet2012 {
  static let models = [
    ModelEntry(
      name: "alexnet_original", family: "alexnet",
      summary: "AlexNet of 2012, two towers; with response normalisation and overlapping pooling.",
      source: "Krizhevsky, Sutskever & Hinton 2012", inputSize: 227, dropout: 0.5,
      evaluation: .imagenet(resize: 256, crop: 227), module: network)
  ]

  /// Section 3.3: k = 2, n = 5, α = 10⁻⁴, β = 0.75. Its sum is not divided by n, as PyTorch's is.
  private static let responseNorm = LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2)
  /// Section 3.4: windows of 3 at every second pixel.
  private static let pool = MaxPool2d(3, stride: 2)

  @Sendable
  private static func network(_ configuration: ModelConfiguration) -> any Module {
    // Section 5: N(0, 0.01²); biases 1 where that helps ReLUs to begin with positive inputs, and 0 elsewhere.
    func start(bias: Double) -> LayerInitializer {
      configuration.initWeights ?? true
        ? LayerInitializer(weight: .normal(std: 0.01), bias: .constant(bias)) : .torchDefault
    }
    return Sequential([
      "features": Sequential {
        Conv2d(configuration.inputChannels, 96, kernel: 11, stride: 4, initializer: start(bias: 0))
        ReLU()
        responseNorm
        pool
        Conv2d(96, 256, kernel: 5, padding: 2, groups: 2, initializer: start(bias: 1))
        ReLU()
        responseNorm
        pool
        Conv2d(256, 384, kernel: 3, padding: 1, initializer: start(bias: 0))
        ReLU()
        Conv2d(384, 384, kernel: 3, padding: 1, groups: 2, initializer: start(bias: 1))
        ReLU()
        Conv2d(384, 256, kernel: 3, padding: 1, groups: 2, initializer: start(bias: 1))
        ReLU()
        pool
      },
      // Nothing at 227×227; lets the model take other sizes.
      "avgpool": AdaptiveAvgPool2d(6),
      "flatten": Flatten(),
      "classifier": Sequential {
        Dropout(configuration.dropout)
        Linear(256 * 6 * 6, 4096, initializer: start(bias: 1))
        ReLU()
        Dropout(configuration.dropout)
        Linear(4096, 4096, initializer: start(bias: 1))
        ReLU()
        Linear(4096, configuration.numClasses, initializer: start(bias: 0))
      },
    ])
  }
}
