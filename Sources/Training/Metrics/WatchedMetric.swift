/// A number of an epoch by which a training decides: which checkpoint is best, when the rate falls, when to end.
///
/// It is that of the validation, or of training without one. Raw values are what the command line takes.
public enum WatchedMetric: String, Sendable, Hashable, Codable, CaseIterable {
  /// Smaller is better.
  case loss
  /// Larger is better.
  case top1
  /// Larger is better; top-1 where it is not measured.
  case top5

  /// Whether of two values the smaller is better.
  public var prefersSmaller: Bool { self == .loss }

  /// The watched value.
  public func value(of metrics: EpochMetrics) -> Double {
    switch self {
    case .loss: metrics.loss
    case .top1: metrics.top1
    case .top5: metrics.top5 ?? metrics.top1
    }
  }

  /// Whether a value is better than the best so far by more than a margin. What is not a number never is.
  /// - Parameter best: `nil` before the first; every number is better.
  func isBetter(_ value: Double, than best: Double?, by margin: Double = 0) -> Bool {
    guard let best, !best.isNaN else { return !value.isNaN }
    return prefersSmaller ? value < best - margin : value > best + margin
  }

  /// Whether one epoch is better than another. Of equals by top-5 the one with the larger top-1 is, and of equals by both
  /// the one with the smaller loss.
  func isBetter(_ new: EpochMetrics, than old: EpochMetrics) -> Bool {
    let order: [WatchedMetric] =
      switch self {
      case .loss: [.loss]
      case .top1: [.top1, .loss]
      case .top5: [.top5, .top1, .loss]
      }
    for metric in order {
      let (mine, other) = (metric.value(of: new), metric.value(of: old))
      if metric.isBetter(mine, than: other) { return true }
      if metric.isBetter(other, than: mine) { return false }
    }
    return false
  }
}
