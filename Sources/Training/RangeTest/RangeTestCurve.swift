/// What a range test has seen: the loss at each learning rate.
public struct RangeTestCurve: Sendable, Hashable {
  /// A step of the test.
  public struct Point: Sendable, Hashable {
    /// The rate of its update.
    public let learningRate: Double
    /// The mean loss of its images before that update.
    public let loss: Double
    /// The exponentially weighted mean of the losses up to here, with the bias of its beginning corrected.
    public let smoothedLoss: Double

    /// A step of the test.
    public init(learningRate: Double, loss: Double, smoothedLoss: Double) {
      self.learningRate = learningRate
      self.loss = loss
      self.smoothedLoss = smoothedLoss
    }
  }

  /// Why a test ended.
  public enum Ending: Sendable, Hashable {
    /// Every rate was tried.
    case complete
    /// The smoothed loss had become too many times its least.
    case diverged
    /// A loss or a gradient was not finite at a rate; that step is no point.
    case notFinite(learningRate: Double, what: String)
    /// It was asked to stop.
    case stopped
  }

  /// The settings of the test.
  public let settings: RangeTestSettings
  /// The steps, in ascending order of rates.
  public private(set) var points: [Point] = []
  /// Why there are no more.
  public internal(set) var ending = Ending.complete

  /// The exponentially weighted mean before its correction.
  private var average = 0.0
  /// What the weights of the mean lack to 1: the smoothing to the power of the number of points.
  private var missing = 1.0
  private var least = Double.infinity

  /// A curve without points.
  public init(_ settings: RangeTestSettings) { self.settings = settings }

  /// Adds the next step's loss, which is finite.
  mutating func add(loss: Double, learningRate: Double) {
    average = settings.smoothing * average + (1 - settings.smoothing) * loss
    missing *= settings.smoothing
    let smoothed = average / (1 - missing)
    least = min(least, smoothed)
    points.append(Point(learningRate: learningRate, loss: loss, smoothedLoss: smoothed))
  }

  /// Whether the smoothed loss is as many times its least as ends a test.
  var hasDiverged: Bool {
    guard settings.divergeFactor > 0, let last = points.last else { return false }
    return last.smoothedLoss > settings.divergeFactor * least
  }
}
