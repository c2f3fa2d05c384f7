/// What a plateau has come to: the memory of PyTorch's `ReduceLROnPlateau`. It is kept in checkpoints.
public struct PlateauState: Sendable, Hashable, Codable {
  /// The rate now.
  public internal(set) var rate: Double
  /// The best value so far; `nil` before the first.
  public internal(set) var best: Double?
  /// Epochs since then that were not better.
  public internal(set) var badEpochs = 0
  /// Epochs in which bad ones do not count, after a reduction.
  public internal(set) var cooldown = 0

  /// The beginning, at the full rate.
  public init(rate: Double) { self.rate = rate }

  /// An epoch is over.
  /// - Parameters:
  ///   - value: Of the metric that is watched; what is not a number is never better.
  ///   - minimum: The rate that is not gone below.
  mutating func add(_ value: Double, _ settings: PlateauSettings, minimum: Double) {
    if settings.isBetter(value, than: best) {
      best = value
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if cooldown > 0 {
      cooldown -= 1
      badEpochs = 0
    }
    guard badEpochs > settings.patience else { return }
    let reduced = max(rate * settings.factor, minimum)
    if rate - reduced > Self.smallestReduction { rate = reduced }
    cooldown = settings.cooldown
    badEpochs = 0
  }

  /// PyTorch's `eps`: smaller reductions are not made.
  static let smallestReduction = 1e-8
}

/// When a plateau reduces the learning rate. Defaults are PyTorch's.
public struct PlateauSettings: Sendable, Hashable, Codable {
  /// How an improvement is measured.
  public enum ThresholdMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// As a share of the best value.
    case relative
    /// As a difference from it.
    case absolute
  }

  /// What is watched.
  public var metric = WatchedMetric.loss
  /// What the rate is multiplied by, in 0..<1.
  public var factor = 0.1
  /// Bad epochs that are borne; the rate falls at the end of the next.
  public var patience = 10
  /// The least improvement that counts.
  public var threshold = 1e-4
  /// How it is measured.
  public var thresholdMode = ThresholdMode.relative
  /// Epochs after a reduction in which bad ones do not count.
  public var cooldown = 0

  /// PyTorch's defaults.
  public init() {}

  /// Whether a value is better than the best by at least the threshold.
  func isBetter(_ value: Double, than best: Double?) -> Bool {
    guard let best else { return !value.isNaN }
    return switch (metric.prefersSmaller, thresholdMode) {
    case (true, .relative): value < best * (1 - threshold)
    case (true, .absolute): value < best - threshold
    case (false, .relative): value > best * (1 + threshold)
    case (false, .absolute): value > best + threshold
    }
  }

  /// What is wrong, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if !(factor > 0 && factor < 1) {
      problems.append("the plateau multiplies the learning rate by \(factor); it must be above 0 and below 1")
    }
    if patience < 0 { problems.append("the plateau's patience is \(patience) epochs; it must be at least 0") }
    if cooldown < 0 { problems.append("the plateau's cooldown is \(cooldown) epochs; it must be at least 0") }
    if !(threshold >= 0 && threshold.isFinite) {
      problems.append("the plateau's threshold is \(threshold); it must be at least 0")
    }
    return problems
  }
}
