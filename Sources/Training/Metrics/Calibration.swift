/// Whether a network is as often right as it is sure: its predictions by their probability, in fifteen bins of equal width.
///
/// The expected calibration error is that of Naeini et al. 2015 and Guo et al. 2017: the difference of accuracy and mean
/// probability in each bin, weighted by its images. A bin holds its upper end, as theirs do.
public struct Calibration: Sendable, Hashable {
  /// Predictions of similar probability.
  public struct Bin: Sendable, Hashable {
    /// Images.
    public fileprivate(set) var count = 0
    /// Those that were recognised.
    public fileprivate(set) var correct = 0
    /// The sum of the probabilities of the predicted classes.
    public fileprivate(set) var confidenceSum = 0.0

    /// The mean probability; `nil` without images.
    public var confidence: Double? { count == 0 ? nil : confidenceSum / Double(count) }
    /// The share that was recognised; `nil` without images.
    public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
  }

  /// How many bins there are.
  public static let binCount = 15

  /// From improbable to certain.
  public private(set) var bins = [Bin](repeating: Bin(), count: binCount)

  /// The expected calibration error, in 0...1; 0 without images.
  public var expectedError: Double {
    let total = bins.reduce(0) { $0 + $1.count }
    guard total > 0 else { return 0 }
    return bins.reduce(0) { $0 + abs(Double($1.correct) - $1.confidenceSum) } / Double(total)
  }

  /// The largest difference of a bin, in 0...1; 0 without images.
  public var largestError: Double {
    bins.compactMap { bin in bin.accuracy.flatMap { accuracy in bin.confidence.map { abs(accuracy - $0) } } }.max() ?? 0
  }

  /// Counts a prediction.
  /// - Parameter confidence: The probability of the predicted class; what is not a number counts as 0.
  mutating func add(confidence: Double, isCorrect: Bool) {
    let known = confidence.isNaN ? 0 : min(max(confidence, 0), 1)
    let place = min(max(Int((known * Double(Self.binCount)).rounded(.up)) - 1, 0), Self.binCount - 1)
    bins[place].count += 1
    bins[place].confidenceSum += known
    if isCorrect { bins[place].correct += 1 }
  }
}
