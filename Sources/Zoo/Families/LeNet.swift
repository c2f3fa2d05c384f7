import Layers

/// LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998) in today's usual form: ReLU for the scaled tanh, max pooling for the
/// trained subsampling, all 6 maps connected to all 16, and a linear output for the radial basis functions.
/// 61,706 parameters at 10 classes.
enum LeNet {
  static let models = [
    ModelEntry(
      name: "lenet5", family: "lenet",
      summary: "LeNet-5, ReLU and max pooling; for grey 32x32 images, MNIST's size with its border of 2.",
      source: "LeCun et al. 1998, Gradient-based learning applied to document recognition", inputSize: 32,
      inputChannels: 1, numClasses: 10, evaluation: .squashed(to: 32, channels: 1), module: network)
  ]

  /// For this form nobody published a scheme; `init_weights` means He et al. 2015, kaiming_uniform by fan_in, biases 0.
  private static let scheme = LayerInitializer(
    weight: .kaimingUniform(.fanIn, gain: 2.0.squareRoot()), bias: .constant(0))

  @Sendable
  private static func network(_ configuration: ModelConfiguration) -> any Module {
    let initializer = configuration.initWeights == true ? scheme : .torchDefault
    return Sequential([
      "conv1": Conv2d(configuration.inputChannels, 6, kernel: 5, initializer: initializer),
      "relu1": ReLU(),
      "pool1": MaxPool2d(2),
      "conv2": Conv2d(6, 16, kernel: 5, initializer: initializer),
      "relu2": ReLU(),
      "pool2": MaxPool2d(2),
      "flatten": Flatten(),
      "fc1": Linear(16 * 5 * 5, 120, initializer: initializer),
      "relu3": ReLU(),
      "fc2": Linear(120, 84, initializer: initializer),
      "relu4": ReLU(),
      "fc3": Linear(84, configuration.numClasses, initializer: initializer),
    ])
  }
}
