/// The loss and the top-1 accuracy over the images seen so far. It is saved in mid-epoch, so that a resumed epoch
/// reports what an uninterrupted one does.
public struct RunningMetrics: Sendable, Hashable, Codable {
  /// The sum over images of their loss.
  public private(set) var lossSum: Double = 0
  /// What a mean divides that sum by: the number of images, unless classes have weights.
  public private(set) var weight: Double = 0
  /// Images whose label had the largest logit.
  public private(set) var correct = 0
  /// Images seen.
  public private(set) var count = 0
  /// Images seen whose label is not ignored.
  public private(set) var counted = 0

  /// Nothing seen.
  public init() {}

  /// What another version of this program has written: there every image counted the same.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    lossSum = try values.decode(Double.self, forKey: .lossSum)
    correct = try values.decode(Int.self, forKey: .correct)
    count = try values.decode(Int.self, forKey: .count)
    weight = try values.decodeIfPresent(Double.self, forKey: .weight) ?? Double(count)
    counted = try values.decodeIfPresent(Int.self, forKey: .counted) ?? count
  }

  /// Adds a batch of images that count the same.
  /// - Parameters:
  ///   - loss: The mean over the batch.
  ///   - correct: Images whose label had the largest logit.
  ///   - count: The images of the batch.
  public mutating func add(loss: Double, correct: Int, count: Int) {
    add(lossSum: loss * Double(count), weight: Double(count), correct: correct, counted: count, count: count)
  }

  /// Adds a batch.
  /// - Parameters:
  ///   - lossSum: The sum over the batch.
  ///   - weight: What the mean divides that by.
  ///   - correct: Images whose label had the largest logit.
  ///   - counted: Images whose label is not ignored.
  ///   - count: The images of the batch.
  public mutating func add(lossSum: Double, weight: Double, correct: Int, counted: Int, count: Int) {
    self.lossSum += lossSum
    self.weight += weight
    self.correct += correct
    self.counted += counted
    self.count += count
  }

  /// The mean loss over images; 0 before the first.
  public var loss: Double { weight == 0 ? 0 : lossSum / weight }

  /// The share of images whose label had the largest logit, in 0...1; 0 before the first. Of mixed images the label is the
  /// class that they show most of.
  public var top1: Double { counted == 0 ? 0 : Double(correct) / Double(counted) }
}
