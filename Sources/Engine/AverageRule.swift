/// How running averages of a network's tensors follow it.
public struct AverageRule: Sendable, Hashable {
  /// What becomes of the running statistics of batch normalisation in the average. Raw values are what the command line
  /// takes.
  public enum Statistics: String, Sendable, Hashable, Codable, CaseIterable {
    /// They are averaged as weights are.
    case average
    /// They are the network's own.
    case copy
  }

  /// What is kept of the average at an update, in 0...1; at 0 it becomes the network.
  public var decay: Double
  /// What becomes of running statistics.
  public var statistics: Statistics

  /// A rule.
  public init(decay: Double, statistics: Statistics = .average) {
    self.decay = decay
    self.statistics = statistics
  }
}
