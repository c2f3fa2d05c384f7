public import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What logits say about labelled images: loss, top-1, top-5, and the counts of each class.
public struct ClassificationMetrics: Sendable, Hashable {
  /// The counts of one class.
  public struct PerClass: Sendable, Hashable, Codable {
    /// Images with this label.
    public internal(set) var count = 0
    /// Those whose largest logit is the label's.
    public internal(set) var correct = 0
    /// Images, of any label, that were taken for this class.
    public internal(set) var predicted = 0

    /// The share of this class's images that were recognised (recall); `nil` without images.
    public var accuracy: Double? { count == 0 ? nil : Double(correct) / Double(count) }
  }

  /// What logits say about one image.
  public struct Outcome: Sendable, Hashable {
    /// The class with the largest logit.
    public let predicted: Int
    /// Its probability by softmax, in 0...1.
    public let confidence: Double
    /// The cross entropy.
    public let loss: Double
    /// Whether the label had the largest logit.
    public let isCorrect: Bool
  }

  /// The sum over images of their cross entropy.
  public private(set) var lossSum: Double = 0
  /// Images seen.
  public private(set) var count = 0
  /// Images whose label had the largest logit.
  public private(set) var correct = 0
  /// Images whose label was among the five largest logits.
  public private(set) var correct5 = 0
  /// Images with an output that is not finite: the network has diverged, and what it says of them means nothing.
  public private(set) var notFinite = 0
  /// By class index.
  public private(set) var perClass: [PerClass]

  /// How often each class was taken for each.
  public private(set) var confusion: ConfusionMatrix
  /// Whether the network is as often right as it is sure.
  public private(set) var calibration = Calibration()

  /// Nothing seen yet.
  public init(classCount: Int) {
    perClass = Array(repeating: PerClass(), count: classCount)
    confusion = ConfusionMatrix(classCount: classCount)
  }

  /// The mean cross entropy; 0 before the first image.
  public var loss: Double { count == 0 ? 0 : lossSum / Double(count) }
  /// In 0...1; 0 before the first image.
  public var top1: Double { count == 0 ? 0 : Double(correct) / Double(count) }
  /// In 0...1; 0 before the first image.
  public var top5: Double { count == 0 ? 0 : Double(correct5) / Double(count) }

  /// Adds a batch. Of equal logits the one of the lower index counts as the larger; a logit that is not a number is
  /// smaller than all others.
  /// - Parameters:
  ///   - logits: [N, classes], float32.
  ///   - labels: N class indices. Traps on one that is no class.
  /// - Returns: What they say about each image.
  @discardableResult
  public mutating func add(logits: Tensor, labels: [Int32]) -> [Outcome] {
    precondition(
      logits.dtype == .float32 && logits.shape == [labels.count, perClass.count],
      "\(labels.count) labels of \(perClass.count) classes need float32 logits of that shape, not \(logits.shape)")
    let classes = perClass.count
    return logits.withUnsafeBytes { bytes in
      let values = bytes.bindMemory(to: Float.self)
      return labels.enumerated().map { row, label in
        add(UnsafeBufferPointer(rebasing: values[row * classes..<(row + 1) * classes]), label: Int(label))
      }
    }
  }

  private mutating func add(_ logits: UnsafeBufferPointer<Float>, label: Int) -> Outcome {
    precondition(logits.indices.contains(label), "label \(label) is none of \(logits.count) classes")
    let target = logits[label]
    var larger = 0
    var best = 0
    for (index, value) in logits.enumerated() {
      if value > target || (value == target && index < label) { larger += 1 }
      if value > logits[best] || (logits[best].isNaN && !value.isNaN) { best = index }
    }
    let isNumber = !target.isNaN
    count += 1
    if !logits.allSatisfy(\.isFinite) { notFinite += 1 }
    let normalizer = Self.logSumExp(logits)
    let loss = normalizer - Double(target)
    lossSum += loss
    confusion.add(label: label, predicted: best)
    let confidence = exp(Double(logits[best]) - normalizer)
    calibration.add(confidence: confidence, isCorrect: isNumber && larger == 0)
    perClass[label].count += 1
    perClass[best].predicted += 1
    if isNumber && larger == 0 {
      correct += 1
      perClass[label].correct += 1
    }
    if isNumber && larger < 5 { correct5 += 1 }
    return Outcome(predicted: best, confidence: confidence, loss: loss, isCorrect: isNumber && larger == 0)
  }

  /// log Σ exp(x), in float64.
  private static func logSumExp(_ logits: UnsafeBufferPointer<Float>) -> Double {
    let largest = Double(logits.max() ?? 0)
    return largest + log(logits.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }
}
