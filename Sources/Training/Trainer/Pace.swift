import Datasets

/// The time that a training takes: its speed, what is left, and when to save.
struct Pace {
  private let clock: SecondsClock
  private var throughput = Throughput(at: 0)
  private var timeLeft: TimeLeft
  private let imagesPerEpoch: Int
  private var epochStart = 0.0
  /// When the training part of the epoch was over.
  private var trainingEnd = 0.0
  private var lastSave = 0.0
  private var counted = 0.0
  private var isReady = false

  /// - Parameter clock: Runs since the user began to wait.
  init(_ preparation: Preparation, since clock: SecondsClock) {
    self.clock = clock
    imagesPerEpoch = preparation.imagesPerEpoch
    timeLeft = TimeLeft(
      trainingImages: preparation.imagesPerEpoch, validationImages: preparation.validationLoader?.dataset.count ?? 0,
      epochs: preparation.settings.epochs)
  }

  /// The first step comes next; what compiling took is no part of the speed.
  mutating func start() { lastSave = clock.seconds }

  /// Seconds from the beginning to the first step, whose images and program are there; `nil` at later steps.
  mutating func becomeReady() -> Double? {
    defer { isReady = true }
    return isReady ? nil : clock.seconds
  }

  /// An epoch begins, or goes on.
  mutating func beginEpoch() {
    throughput = Throughput(at: clock.seconds)
    trainingEnd = clock.seconds
  }

  /// A step is done.
  mutating func add(images: Int) {
    trainingEnd = clock.seconds
    throughput.add(images: images, at: trainingEnd)
  }

  /// Over the last seconds.
  var imagesPerSecond: Double { throughput.imagesPerSecond }

  /// To the end of the whole training.
  func secondsLeft(epoch: Int, imagesDone: Int) -> Double? {
    timeLeft.seconds(
      epoch: epoch, imagesDone: min(imagesDone, imagesPerEpoch), imagesPerSecond: throughput.imagesPerSecond)
  }

  /// Whether so many seconds have gone since the last saving; never when there are none.
  func isTimeToSave(every seconds: Double) -> Bool { seconds > 0 && clock.seconds - lastSave >= seconds }

  /// A checkpoint is safe.
  mutating func saved() { lastSave = clock.seconds }

  /// The wall time since the end of the last epoch, or since the trainer was made.
  var epochSeconds: Double { clock.seconds - epochStart }

  /// An epoch is over with its validation and saving.
  /// - Returns: ``epochSeconds``.
  mutating func endEpoch() -> Double {
    let now = clock.seconds
    timeLeft.validationSeconds = now - trainingEnd
    defer { epochStart = now }
    lastSave = now
    return now - epochStart
  }

  /// Seconds since this was last asked.
  mutating func uncounted() -> Double {
    let now = clock.seconds
    defer { counted = now }
    return now - counted
  }
}
