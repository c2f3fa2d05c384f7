/// Where the true share of successes lies with 95 % confidence.
public struct ConfidenceInterval: Sendable, Hashable, Codable {
  /// The lower end, in 0...1.
  public let low: Double
  /// The upper end, in 0...1.
  public let high: Double

  /// The interval between two shares in 0...1.
  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// The score interval of Wilson, "Probable inference, the law of succession, and statistical inference" (1927), at
  /// z = 1.959964: right for few images and near 0 and 1, where the normal approximation is not.
  /// - Returns: 0...1 when there are no trials.
  public static func wilson(successes: Int, trials: Int) -> ConfidenceInterval {
    precondition(successes >= 0 && successes <= trials, "\(successes) of \(trials) trials cannot succeed")
    guard trials > 0 else { return ConfidenceInterval(low: 0, high: 1) }
    let z = 1.959963984540054
    let n = Double(trials)
    let share = Double(successes) / n
    let centre = share + z * z / (2 * n)
    let margin = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return ConfidenceInterval(
      low: successes == 0 ? 0 : max(0, (centre - margin) / scale),
      high: successes == trials ? 1 : min(1, (centre + margin) / scale))
  }
}
