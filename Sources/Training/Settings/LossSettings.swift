public import Engine

/// How far a network is from its targets, beside ``TrainingSettings/labelSmoothing``.
public struct LossSettings: Sendable, Hashable, Codable {
  /// What each class counts.
  public var classWeights = ClassWeights.equal
  /// Training images with this label count for nothing: PyTorch's `ignore_index`. It need not be a class.
  public var ignoredLabel: Int?
  /// Whether the gradient is that of the mean over a batch's images or of their sum.
  public var reduction = CrossEntropy.Reduction.mean

  /// Every image counts the same.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let weights = try values.decodeIfPresent(ClassWeights.self, forKey: .classWeights) { classWeights = weights }
    ignoredLabel = try values.decodeIfPresent(Int.self, forKey: .ignoredLabel)
    if let known = try values.decodeIfPresent(CrossEntropy.Reduction.self, forKey: .reduction) { reduction = known }
  }

  /// What cannot be used, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if case .numbers(let weights) = classWeights {
      if !weights.allSatisfy({ $0 >= 0 && $0 <= 1e6 }) {
        problems.append("the class weights are \(weights); each must be in 0...1000000")
      } else if !weights.contains(where: { $0 > 0 }) {
        problems.append("no class weight is above 0, so there is nothing to learn")
      }
    }
    if let ignoredLabel, Int32(exactly: ignoredLabel) == nil {
      problems.append("the ignored label is \(ignoredLabel); labels are numbers of 32 bits")
    }
    return problems
  }

  /// What the engine computes.
  /// - Parameters:
  ///   - labelSmoothing: ``TrainingSettings/labelSmoothing``.
  ///   - counts: The training images of each class; outputs beyond have none. Asked for only when they matter.
  ///   - classNames: The names of the network's outputs.
  /// - Throws: ``TrainingError`` when the weights are not one for each class, or nothing is left to learn.
  func crossEntropy(
    labelSmoothing: Double, counts: @autoclosure () -> [Int], classNames: [String]
  ) throws(TrainingError) -> CrossEntropy {
    let counts = ignoredLabel == nil && classWeights != .balanced ? [] : counts()
    if let ignoredLabel, counts.indices.contains(ignoredLabel), counts.reduce(0, +) == counts[ignoredLabel] {
      throw TrainingError(
        .mismatch, "every training image has the ignored label \(ignoredLabel), so there is nothing to learn")
    }
    return CrossEntropy(
      labelSmoothing: labelSmoothing, classWeights: try classWeights.values(counts: counts, classNames: classNames),
      ignoredLabel: ignoredLabel.map { Int32(truncatingIfNeeded: $0) }, reduction: reduction)
  }
}
