/// The loss and the top-1 accuracy over the images seen so far. It is saved in mid-epoch, so that a resumed epoch
/// reports what an uninterrupted one does.
public struct RunningMetrics: Sendable, Hashable, Codable {
  /// The sum over images of their cross entropy.
  public private(set) var lossSum: Double = 0
  /// Images whose label had the largest logit.
  public private(set) var correct = 0
  /// Images seen.
  public private(set) var count = 0

  /// Nothing seen.
  public init() {}

  /// Adds a batch.
  /// - Parameters:
  ///   - loss: The mean over the batch.
  ///   - correct: Images whose label had the largest logit.
  ///   - count: The images of the batch.
  public mutating func add(loss: Double, correct: Int, count: Int) {
    lossSum += loss * Double(count)
    self.correct += correct
    self.count += count
  }

  /// The mean loss over images; 0 before the first.
  public var loss: Double { count == 0 ? 0 : lossSum / Double(count) }

  /// The share of images whose label had the largest logit, in 0...1; 0 before the first.
  public var top1: Double { count == 0 ? 0 : Double(correct) / Double(count) }
}
