public import Datasets

/// How well a network recognises labelled images.
public struct EvaluationReport: Sendable {
  /// Loss, top-1, top-5 and the counts of every class.
  public let metrics: ClassificationMetrics
  /// The names of the classes, in the order of the network's outputs.
  public let classNames: [String]
  /// Images that could not be decoded and are counted nowhere else.
  public let skipped: [SkippedSample]
  /// The images that were taken for something else with the largest losses, the largest first.
  public let worst: [EvaluationError]
  /// The wall time of reading and computing, in seconds.
  public let seconds: Double

  /// Where top-1 lies with 95 % confidence, by the images measured.
  public var top1Interval: ConfidenceInterval {
    .wilson(successes: metrics.correct, trials: metrics.count)
  }

  /// Where top-5 lies with 95 % confidence.
  public var top5Interval: ConfidenceInterval {
    .wilson(successes: metrics.correct5, trials: metrics.count)
  }

  /// Images per second of wall time.
  public var imagesPerSecond: Double { seconds > 0 ? Double(metrics.count) / seconds : 0 }
}
