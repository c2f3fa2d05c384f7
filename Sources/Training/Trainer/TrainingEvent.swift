/// What a training tells while it runs.
public enum TrainingEvent: Sendable {
  /// Once, before the first step.
  case started(TrainingPlan)
  /// After every step.
  case step(TrainingProgress)
  /// After every batch of a validation.
  case validating(ValidationProgress)
  /// After the validation and the saving of an epoch.
  case epoch(EpochReport)
  /// Something that the user should know and need not act on at once.
  case notice(String)
}

/// What is going to be trained, on what.
public struct TrainingPlan: Sendable, Hashable {
  /// The name in the registry.
  public let model: String
  /// The number of trainable elements.
  public let parameterCount: Int
  /// The classes that the network tells apart.
  public let classCount: Int
  /// Height and width of the images that the network sees.
  public let inputSize: Int
  /// Channels of the images.
  public let inputChannels: Int
  /// What the data is called: a path, or the name of a built-in dataset.
  public let data: String
  /// Images of an epoch.
  public let trainingImages: Int
  /// Images of a validation; 0 without one.
  public let validationImages: Int
  /// Where the validation images come from.
  public let validation: String
  /// Everything that was asked for.
  public let settings: TrainingSettings
  /// Steps of an epoch.
  public let stepsPerEpoch: Int
  /// The folder of the run.
  public let folder: String
  /// The epoch that starts or goes on, from 1.
  public let epoch: Int
  /// Steps of that epoch that are done already.
  public let stepsDone: Int
}

/// Where a training stands after a step.
public struct TrainingProgress: Sendable, Hashable {
  /// From 1.
  public let epoch: Int
  /// The epochs of the whole training.
  public let epochs: Int
  /// Steps done in this epoch.
  public let step: Int
  /// Steps of a whole epoch.
  public let stepsPerEpoch: Int
  /// Steps done since the training began.
  public let globalStep: Int
  /// Over the epoch so far.
  public let metrics: RunningMetrics
  /// The rate of this step.
  public let learningRate: Double
  /// The Euclidean length of all gradients of this step before clipping; `nil` unless they are clipped by it.
  public let gradientNorm: Double?
  /// Images per second of wall time over the last seconds, waiting for data included.
  public let imagesPerSecond: Double
  /// Until the end of the whole training, validation included; `nil` while it cannot be said.
  public let secondsLeft: Double?

  /// Where a training stands.
  public init(
    epoch: Int, epochs: Int, step: Int, stepsPerEpoch: Int, globalStep: Int, metrics: RunningMetrics,
    learningRate: Double, gradientNorm: Double? = nil, imagesPerSecond: Double, secondsLeft: Double?
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.globalStep = globalStep
    self.metrics = metrics
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.imagesPerSecond = imagesPerSecond
    self.secondsLeft = secondsLeft
  }
}

/// Where a validation or an evaluation stands.
public struct ValidationProgress: Sendable, Hashable {
  /// Images done.
  public let done: Int
  /// Images of the whole validation.
  public let total: Int
  /// Over the images done, in 0...1.
  public let top1: Double
  /// Images per second of wall time, waiting for data included.
  public let imagesPerSecond: Double

  /// Where a validation stands.
  public init(done: Int, total: Int, top1: Double, imagesPerSecond: Double) {
    self.done = done
    self.total = total
    self.top1 = top1
    self.imagesPerSecond = imagesPerSecond
  }

  /// Until its end; `nil` while it cannot be said.
  public var secondsLeft: Double? { imagesPerSecond > 0 ? Double(total - done) / imagesPerSecond : nil }
}

/// What an epoch ended with.
public struct EpochReport: Sendable, Hashable {
  /// From 1.
  public let epoch: Int
  /// The epochs of the whole training.
  public let epochs: Int
  /// Over the training images of the epoch, as they were when each was trained on.
  public let training: EpochMetrics
  /// Over the validation images; `nil` without validation.
  public let validation: EpochMetrics?
  /// Whether this epoch is the best so far.
  public let isBest: Bool
  /// The wall time of the epoch in this process: training, validation and saving.
  public let seconds: Double

  /// What an epoch ended with.
  public init(
    epoch: Int, epochs: Int, training: EpochMetrics, validation: EpochMetrics?, isBest: Bool, seconds: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.training = training
    self.validation = validation
    self.isBest = isBest
    self.seconds = seconds
  }
}
