/// When a training ends before its last epoch.
public struct EarlyStopping: Sendable, Hashable, Codable {
  /// Epochs in a row without an improvement after which it ends, at least 1; never when `nil`.
  public var patience: Int?
  /// By how much the metric has to be better than the best so far to be an improvement, at least 0.
  public var minimumChange = 0.0
  /// What is watched.
  public var metric = WatchedMetric.loss

  /// Never before the last epoch.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    patience = try values.decodeIfPresent(Int.self, forKey: .patience)
    minimumChange = try values.decodeIfPresent(Double.self, forKey: .minimumChange) ?? 0
    metric = try values.decodeIfPresent(WatchedMetric.self, forKey: .metric) ?? .loss
  }

  /// What cannot be used, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if let patience, patience < 1 {
      problems.append("training is to end after \(patience) epochs without an improvement; it must be at least 1")
    }
    if !(minimumChange >= 0 && minimumChange.isFinite) {
      problems.append("an improvement is a change by \(minimumChange); it must be at least 0")
    }
    if patience == nil && (minimumChange != 0 || metric != .loss) {
      problems.append("training never ends early, so nothing can be said of it; give '--early-stop'")
    }
    return problems
  }
}

/// What early stopping remembers. It is kept in checkpoints.
public struct EarlyStoppingState: Sendable, Hashable, Codable {
  /// The best value so far; `nil` before the first epoch.
  public private(set) var best: Double?
  /// Epochs since then.
  public private(set) var epochsWithout = 0

  /// The beginning.
  public init() {}

  /// An epoch is over. What is not a number is no improvement.
  mutating func add(_ metrics: EpochMetrics, _ settings: EarlyStopping) {
    let value = settings.metric.value(of: metrics)
    if settings.metric.isBetter(value, than: best, by: settings.minimumChange) {
      best = value
      epochsWithout = 0
    } else {
      epochsWithout += 1
    }
  }

  /// Why it ended.
  func summary(_ settings: EarlyStopping) -> String {
    "the \(settings.metric.rawValue) has not improved on \(((best ?? 0) * 10_000).rounded() / 10_000) for \(epochsWithout) "
      + (epochsWithout == 1 ? "epoch" : "epochs")
  }

  /// Whether it is time to end.
  func isOver(_ settings: EarlyStopping) -> Bool { settings.patience.map { epochsWithout >= $0 } ?? false }
}
