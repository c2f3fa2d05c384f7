import Layers

@testable import Zoo

/// A net with batch normalisation and dropout that trains in milliseconds.
enum TinyModel {
  static let entry = ModelEntry(
    name: "tiny", family: "tests", summary: "", source: "", inputSize: 16, inputChannels: 1, numClasses: 3,
    dropout: 0.3,
    evaluation: .squashed(to: 16, channels: 1)
  ) { configuration in
    Sequential([
      "conv": Conv2d(1, 4, kernel: 3, padding: 1), "bn": BatchNorm2d(4), "relu": ReLU(), "pool": MaxPool2d(4),
      "flatten": Flatten(), "dropout": Dropout(configuration.dropout),
      "fc": Linear(4 * 4 * 4, configuration.numClasses),
    ])
  }
  /// A net in which each image is computed by itself: without batch normalisation and dropout.
  static let plain = ModelEntry(
    name: "plain", family: "tests", summary: "", source: "", inputSize: 16, inputChannels: 1, numClasses: 3,
    evaluation: .squashed(to: 16, channels: 1)
  ) { configuration in
    Sequential([
      "conv": Conv2d(1, 4, kernel: 3, padding: 1), "relu": ReLU(), "pool": MaxPool2d(4), "flatten": Flatten(),
      "fc": Linear(4 * 4 * 4, configuration.numClasses),
    ])
  }
}
