#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rates that a range test suggests.
public struct RangeTestSuggestions: Sendable, Hashable {
  /// Where the smoothed loss falls fastest against the logarithm of the rate.
  public let steepest: Double
  /// Where the smoothed loss is least.
  public let minimum: Double
  /// What the user should know about them, one sentence each.
  public let remarks: [String]

  /// A tenth of the rate where the loss is least: before the rates at which it stops falling.
  public var tenthOfMinimum: Double { minimum / 10 }
}

/// What comes of a range test.
public enum RangeTestVerdict: Sendable, Hashable {
  /// There is a fall to read rates from.
  case suggestions(RangeTestSuggestions)
  /// There is none, and why.
  case none(reason: String)
}

extension RangeTestCurve {
  /// The rates that the curve suggests, or why it suggests none.
  ///
  /// The steepest descent is that of the straight line which fits the smoothed losses best, against the logarithm of the
  /// rate, within a twentieth of the test's range on either side.
  ///
  /// The beginning, where the smoothed loss is the mean of few, is left out: as many points as the mean looks back,
  /// 1 / (1 − smoothing), and at most a tenth of all. A loss has fallen when it did by more than a hundredth of its value
  /// and five standard deviations of such a difference, as they follow from how single losses scatter.
  public var verdict: RangeTestVerdict {
    if points.isEmpty, case .notFinite(let rate, let what) = ending {
      return .none(
        reason:
          "\(what) at the first step, with a learning rate of \(Self.short(rate)); the weights, the data or '--min-lr' are to blame"
      )
    }
    guard points.count >= RangeTestSettings.fewestPoints else {
      let beyond =
        switch ending {
        case .notFinite(_, let what): ", then \(what)"
        case .diverged: ", then the loss grew too much"
        case .stopped, .complete: ""
        }
      return .none(
        reason: "\(points.count) points are too few\(beyond); it takes at least \(RangeTestSettings.fewestPoints)"
          + (ending == .stopped ? "" : ", so begin with a smaller '--min-lr' or take more '--steps'"))
    }
    let first = min(Int((1 / (1 - settings.smoothing)).rounded()), points.count / 10)
    let smoothed = points.map(\.smoothedLoss)
    guard let lowest = (first..<points.count).min(by: { smoothed[$0] < smoothed[$1] }),
      let highest = (first...lowest).max(by: { smoothed[$0] < smoothed[$1] })
    else { return .none(reason: "there are no points") }
    let fall = smoothed[highest] - smoothed[lowest]
    guard lowest > first + 1, fall > 0.01 * abs(smoothed[highest]), fall > 5 * noise(highest, lowest)
    else {
      return .none(
        reason: "the loss never fell clearly between \(Self.short(points[0].learningRate)) and "
          + "\(Self.short(points[points.count - 1].learningRate))\(isCut ? " before it grew too much" : ""); try other rates by '--min-lr' "
          + "and '--max-lr', more '--steps', or larger batches, and check that the network learns at all")
    }
    guard let steepest = SlopeScan(points, settings).steepest(in: first + 1...lowest - 1) else {
      return .none(reason: "there are no points")
    }
    return .suggestions(
      RangeTestSuggestions(
        steepest: points[steepest].learningRate, minimum: points[lowest].learningRate,
        remarks: remarks(first: first, steepest: steepest, lowest: lowest)))
  }

  /// A rate in three digits.
  private static func short(_ rate: Double) -> String {
    let exponent = Int(log10(rate).rounded(.down)) - 2
    let digits = Int((rate / pow(10, Double(exponent))).rounded())
    return Double("\(digits)e\(exponent)").map { "\($0)" } ?? "\(rate)"
  }

  private var isCut: Bool { ending != .complete && ending != .stopped }

  /// The standard deviation of the difference of two smoothed losses, if single losses scattered independently about a
  /// value that hardly changes from step to step: half the mean square of the difference of neighbours is their variance.
  private func noise(_ first: Int, _ last: Int) -> Double {
    let squares = (0..<last).reduce(0.0) { sum, index in
      let difference = points[index + 1].loss - points[index].loss
      return sum + difference * difference
    }
    /// What the variance of the mean up to a point is of that of one loss.
    func share(_ index: Int) -> Double {
      let past = pow(settings.smoothing, Double(index + 1))
      return (1 - settings.smoothing) / (1 + settings.smoothing) * (1 + past) / (1 - past)
    }
    return sqrt(squares / Double(2 * last) * (share(first) + share(last)))
  }

  private func remarks(first: Int, steepest: Int, lowest: Int) -> [String] {
    var remarks: [String] = []
    if lowest == points.count - 1 {
      remarks.append(
        ending == .stopped
          ? "the loss was still falling when the test was stopped"
          : isCut
            ? "the loss fell to the last step that was finite"
            : "the loss was still falling at the last rate: try a larger '--max-lr'")
    }
    if steepest == first + 1 {
      remarks.append("the loss falls fastest at the first rates: try a smaller '--min-lr'")
    }
    return remarks
  }
}
