#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What learning rates an LR range test goes through, and how its curve is read.
public struct RangeTestSettings: Sendable, Hashable {
  /// How the rate grows from step to step.
  public enum Growth: String, Sendable, Hashable, CaseIterable {
    /// By the same factor.
    case exponential
    /// By the same amount, as in Smith's paper.
    case linear
  }

  /// The rate of the first step; above 0.
  public var minimumRate = 1e-7
  /// The rate of the last step; at most 100.
  public var maximumRate = 10.0
  /// Steps of the whole test.
  public var steps = 100
  /// How the rate grows.
  public var growth = Growth.exponential
  /// The weight of the past in the smoothed loss, in 0..<1; 0 smooths nothing.
  public var smoothing = 0.9
  /// The test is over when the smoothed loss is so many times its least; 0 goes on to the last step.
  public var divergeFactor = 4.0

  /// From 1e-7 to 10 in 100 steps.
  public init() {}

  /// The fewest points that say anything.
  static let fewestPoints = 10

  /// The rate of a step, counted from 0: exactly that of its update.
  public func learningRate(atStep step: Int) -> Double {
    guard step > 0 else { return minimumRate }
    guard step < steps - 1 else { return maximumRate }
    let share = Double(step) / Double(steps - 1)
    switch growth {
    case .exponential: return minimumRate * pow(maximumRate / minimumRate, share)
    case .linear: return minimumRate + (maximumRate - minimumRate) * share
    }
  }

  /// Checks everything.
  /// - Throws: ``TrainingError`` that lists all that is wrong.
  public func validate() throws(TrainingError) {
    let problems = self.problems
    guard !problems.isEmpty else { return }
    throw TrainingError(.settings, problems.joined(separator: "; "))
  }

  /// What is wrong, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if !(minimumRate > 0 && minimumRate < maximumRate && maximumRate <= 100) {
      problems.append(
        "the range test goes from \(minimumRate) to \(maximumRate); both must be above 0 and at most 100, the second larger"
      )
    }
    if !(Self.fewestPoints...1_000_000).contains(steps) {
      problems.append("the range test has \(steps) steps; it must be in \(Self.fewestPoints)...1000000")
    }
    if !(smoothing >= 0 && smoothing < 1) {
      problems.append("the loss is smoothed by \(smoothing); it must be at least 0 and below 1")
    }
    if !(divergeFactor == 0 || divergeFactor > 1 && divergeFactor.isFinite) {
      problems.append(
        "the range test ends when the loss is \(divergeFactor) times its least; it must be above 1, or 0 for never")
    }
    return problems
  }
}
