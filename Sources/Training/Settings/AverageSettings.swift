public import Engine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The exponential moving average of weights that is kept beside the network, measured in its place and saved with it.
public struct AverageSettings: Sendable, Hashable, Codable {
  /// What is kept of the average at an update, in 0..<1; no average is kept when `nil`.
  public var decay: Double?
  /// Whether the decay grows from 0 to ``decay``: 1 − (1 + n)^(−2/3) after n updates, as timm's `ModelEmaV3` does it.
  public var warmup = false
  /// Steps between two updates.
  public var every = 1
  /// What becomes of the running statistics of batch normalisation.
  public var statistics = AverageRule.Statistics.average

  /// No average.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    decay = try values.decodeIfPresent(Double.self, forKey: .decay)
    warmup = try values.decodeIfPresent(Bool.self, forKey: .warmup) ?? false
    every = try values.decodeIfPresent(Int.self, forKey: .every) ?? 1
    statistics = try values.decodeIfPresent(AverageRule.Statistics.self, forKey: .statistics) ?? .average
  }

  /// What cannot be used, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if let decay, !(decay >= 0 && decay < 1) {
      problems.append("the decay of the average is \(decay); it must be at least 0 and below 1")
    }
    if !(1...1_000_000).contains(every) {
      problems.append("the average is updated every \(every) steps; it must be in 1...1000000")
    }
    if decay == nil && (warmup || every != 1 || statistics != .average) {
      problems.append("no average is kept, so nothing can be said of it; give its decay")
    }
    return problems
  }

  /// What an update does.
  /// - Parameter updates: How many there have been before. The first one copies, as timm's and torchvision's do.
  /// - Returns: `nil` when no average is kept.
  func rule(afterUpdates updates: Int) -> AverageRule? {
    guard let decay else { return nil }
    guard updates > 0 else { return AverageRule(decay: 0, statistics: statistics) }
    let grown = warmup ? 1 - pow(Double(1 + updates), -2.0 / 3) : decay
    return AverageRule(decay: min(decay, grown), statistics: statistics)
  }
}
