import Tensors

/// A batch in the making.
struct PendingBatch: Sendable {
  let number: Int
  /// Positions of the epoch.
  let positions: Range<Int>
  let memory: BatchMemory
  /// What became of each place; nil until it is known.
  private var outcomes: [EpochPlan.Outcome?]
  private var missing: Int
  /// Places that some worker has taken on.
  private var claimed = 0

  init(number: Int, positions: Range<Int>, memory: BatchMemory) {
    self.number = number
    self.positions = positions
    self.memory = memory
    outcomes = Array(repeating: nil, count: positions.count)
    missing = positions.count
  }

  /// Takes on the next place; nil when none is left.
  mutating func claim() -> Int? {
    guard claimed < positions.count else { return nil }
    defer { claimed += 1 }
    return claimed
  }

  mutating func finish(_ place: Int, _ outcome: EpochPlan.Outcome) {
    outcomes[place] = outcome
    missing -= 1
    if case .failed = outcome { hasFailed = true }
  }

  /// Whether every place is done.
  var isComplete: Bool { missing == 0 }

  /// Whether a place has failed, so that no later batch need be begun.
  private(set) var hasFailed = false

  /// The finished batch. Places left out are closed up, and then images are mixed.
  /// - Throws: The error of the first place that failed, whichever worker came first.
  func batch(of dataset: any Dataset, sampleShape: [Int], mixture: Mixture?) throws(DatasetsError) -> Batch {
    let sampleCount = sampleShape.reduce(1, *)
    var labels: [Int32] = []
    var indices: [Int] = []
    var skipped: [SkippedSample] = []
    for (place, outcome) in outcomes.enumerated() {
      switch outcome {
      case .filled(let index, let replaced):
        if indices.count != place {
          (memory.floats + indices.count * sampleCount).update(
            from: memory.floats + place * sampleCount, count: sampleCount)
        }
        labels.append(dataset.label(of: index))
        indices.append(index)
        skipped += replaced
      case .leftOut(let sample): skipped.append(sample)
      case .failed(let error): throw error
      case nil: preconditionFailure("batch \(number) is taken before place \(place) is made")
      }
    }
    if !indices.isEmpty { mixture?.apply(to: memory.floats, count: indices.count, shape: sampleShape) }
    return Batch(
      number: number, images: memory.tensor(Shape([indices.count] + sampleShape)), labels: labels, indices: indices,
      skipped: skipped, mixture: mixture)
  }
}
