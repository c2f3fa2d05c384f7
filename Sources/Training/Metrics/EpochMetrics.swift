/// The measures of a whole epoch of training or of a whole validation.
public struct EpochMetrics: Sendable, Hashable, Codable {
  /// The mean cross entropy.
  public let loss: Double
  /// In 0...1.
  public let top1: Double
  /// In 0...1; training does not measure it.
  public let top5: Double?

  /// Measures of an epoch.
  public init(loss: Double, top1: Double, top5: Double? = nil) {
    self.loss = loss
    self.top1 = top1
    self.top5 = top5
  }

  init(_ running: RunningMetrics) { self.init(loss: running.loss, top1: running.top1) }

  init(_ metrics: ClassificationMetrics) {
    self.init(loss: metrics.loss, top1: metrics.top1, top5: metrics.top5)
  }
}
