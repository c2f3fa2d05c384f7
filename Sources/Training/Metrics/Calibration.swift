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

  /// From improbable to certain. A prediction without a probability is in none.
  public private(set) var bins = [Bin](repeating: Bin(), count: binCount)

  /// Predictions without a probability.
  private var undefined = 0

  /// The expected calibration error, in 0...1; 0 without images, and not a number where a probability was none.
  public var expectedError: Double {
    guard undefined == 0 else { return .nan }
    let total = bins.reduce(0) { $0 + $1.count }
    guard total > 0 else { return 0 }
    return bins.reduce(0) { $0 + abs(Double($1.correct) - $1.confidenceSum) } / Double(total)
  }

  /// The largest difference of a bin, in 0...1; 0 without images, and not a number where a probability was none.
  public var largestError: Double {
    guard undefined == 0 else { return .nan }
    return bins.reduce(0) { largest, bin in
      guard let accuracy = bin.accuracy, let confidence = bin.confidence else { return largest }
      return max(largest, abs(accuracy - confidence))
    }
  }

  /// Counts a prediction.
  /// - Parameter confidence: The probability of the predicted class.
  mutating func add(confidence: Double, isCorrect: Bool) {
    guard !confidence.isNaN else {
      undefined += 1
      return
    }
    let known = min(max(confidence, 0), 1)
    let place = min(max(Int((known * Double(Self.binCount)).rounded(.up)) - 1, 0), Self.binCount - 1)
    bins[place].count += 1
    bins[place].confidenceSum += known
    if isCorrect { bins[place].correct += 1 }
  }
}
