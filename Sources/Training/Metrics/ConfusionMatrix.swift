/// How often each class was taken for each.
public struct ConfusionMatrix: Sendable, Hashable {
  /// Rows and columns.
  public let classCount: Int
  /// Only pairs that occurred: of thousands of classes few do.
  private var counts: [Int: Int] = [:]

  /// No image yet.
  public init(classCount: Int) { self.classCount = classCount }

  /// Images of a label that were taken for a class.
  public subscript(label label: Int, predicted predicted: Int) -> Int { counts[label * classCount + predicted] ?? 0 }

  /// Rows of labels, columns of predictions.
  public var rows: [[Int]] {
    (0..<classCount).map { label in (0..<classCount).map { self[label: label, predicted: $0] } }
  }

  /// Pairs of different classes that occurred, most frequent first.
  public var confusions: [(label: Int, predicted: Int, count: Int)] {
    counts.filter { $0.key / classCount != $0.key % classCount }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { ($0.key / classCount, $0.key % classCount, $0.value) }
  }

  /// Counts an image.
  mutating func add(label: Int, predicted: Int) { counts[label * classCount + predicted, default: 0] += 1 }
}
