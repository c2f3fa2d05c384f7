public import Datasets
import Tensors

/// What a network thinks that an image shows.
public struct Prediction: Sendable {
  /// A class and how probable it is.
  public struct Guess: Sendable, Hashable {
    /// The index of the network's output.
    public let label: Int
    /// Its name, or its number when the checkpoint has no names.
    public let className: String
    /// By softmax over all classes, in 0...1.
    public let probability: Double
  }

  /// The path of the image.
  public let image: String
  /// The most probable classes, most probable first.
  public let guesses: [Guess]
}

/// Names the classes of images.
public struct Predictor {
  private let model: TrainedModel
  private let batchSize: Int
  private let workers: Int

  /// A predictor.
  /// - Parameters:
  ///   - model: The network with the preprocessing and the class names of its checkpoint.
  ///   - batchSize: Images of a forward pass; it changes speed and memory only.
  ///   - workers: Threads that read images.
  public init(_ model: TrainedModel, batchSize: Int = 32, workers: Int = DataLoader.automaticWorkers) {
    self.model = model
    self.batchSize = batchSize
    self.workers = workers
  }

  /// Predicts images in order.
  /// - Parameters:
  ///   - images: Files and folders; of a folder all images below it.
  ///   - top: The number of classes to name, at least 1.
  ///   - onCorrupt: What to do about an image that cannot be decoded; without it that is an error.
  ///   - body: Receives each prediction as soon as it is there.
  public func predict(
    _ images: [String], top: Int = 5, onCorrupt: ((SkippedSample) -> Void)? = nil,
    _ body: (Prediction) throws -> Void
  ) throws {
    precondition(top >= 1, "a prediction names at least one class, not \(top)")
    try predict(ImageList(filesAndFolders: images), top: top, onCorrupt: onCorrupt, body)
  }

  /// Predicts a list of images in order; an empty one is no error.
  /// - Parameters:
  ///   - list: The images.
  ///   - top: The number of classes to name, at least 1.
  ///   - features: Gets the inner values of every image, when there is one.
  ///   - onCorrupt: What to do about an image that cannot be read; without it that is an error.
  ///   - body: Receives each prediction as soon as it is there.
  public func predict(
    _ list: ImageList, top: Int = 5, features: FeatureExtraction? = nil,
    onCorrupt: ((SkippedSample) -> Void)? = nil, _ body: (Prediction) throws -> Void
  ) throws {
    guard list.count > 0 else { return }
    let loader = try DataLoader(
      list, preprocessing: model.preprocessing,
      options: DataLoader.Options(
        batchSize: min(batchSize, list.count), workers: min(workers, list.count),
        corruptImages: onCorrupt == nil ? .fail : .leaveOut))
    let pass = InferencePass(network: model.network, loader: loader, values: features?.values ?? [])
    _ = try pass.forEachBatch { batch, logits, values in
      batch.skipped.forEach { onCorrupt?($0) }
      guard batch.count > 0 else { return }
      try features?.add(images: batch.indices.map(list.describe), logits: logits, values: values)
      let values = logits.elements(as: Float.self)
      for (row, index) in batch.indices.enumerated() {
        let classes = values.count / batch.count
        let probabilities = softmax(values[row * classes..<(row + 1) * classes])
        try body(Prediction(image: list.describe(index), guesses: best(probabilities, top)))
      }
    }
  }

  private func best(_ probabilities: [Double], _ top: Int) -> [Prediction.Guess] {
    let order = probabilities.indices.sorted {
      probabilities[$0] > probabilities[$1] || (probabilities[$0] == probabilities[$1] && $0 < $1)
    }
    return order.prefix(top).map { label in
      Prediction.Guess(label: label, className: model.name(of: label), probability: probabilities[label])
    }
  }
}
