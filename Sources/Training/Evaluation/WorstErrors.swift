import Datasets

/// An image that was taken for something else.
public struct EvaluationError: Sendable, Hashable {
  /// The file, or the place in a dataset of one file.
  public let image: String
  /// The index of its label.
  public let label: Int
  /// The index of the class that it was taken for.
  public let predicted: Int
  /// The probability of that class, in 0...1.
  public let confidence: Double
  /// The cross entropy of its label.
  public let loss: Double
}

/// The errors with the largest losses so far.
struct WorstErrors {
  /// The largest first; of equal ones the earlier image.
  private(set) var errors: [EvaluationError] = []
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Looks at a batch.
  mutating func add(_ batch: Batch, _ outcomes: [ClassificationMetrics.Outcome], named name: (Int) -> String) {
    // Where an output is not a number there is nothing that the image was taken for.
    for (place, outcome) in outcomes.enumerated() where !outcome.isCorrect && !outcome.confidence.isNaN {
      let loss = outcome.loss.isNaN ? .infinity : outcome.loss
      guard limit > 0, errors.count < limit || loss > errors[errors.count - 1].loss else { continue }
      if errors.count == limit { errors.removeLast() }
      let error = EvaluationError(
        image: name(batch.indices[place]), label: Int(batch.labels[place]), predicted: outcome.predicted,
        confidence: outcome.confidence, loss: loss)
      errors.insert(error, at: errors.firstIndex { $0.loss < loss } ?? errors.count)
    }
  }
}
