/// The batches that workers are making, and those that are ready: at most `prefetch` ahead of the consumer.
final class BatchQueue: Sendable {
  private let plan: EpochPlan
  private let sampleCount: Int
  private let state: Monitor<State>

  private struct State: Sendable {
    /// Batches that were begun and not yet taken, in order.
    var pending: [PendingBatch] = []
    /// The number of the first of them.
    var firstNumber: Int
    var isCancelled = false

    /// The number of the next batch to begin.
    var nextNumber: Int { firstNumber + pending.count }
  }

  /// One sample to make.
  private struct Assignment: Sendable {
    let batch: Int
    let place: Int
    let position: Int
    let memory: BatchMemory
  }

  init(_ plan: EpochPlan, startingAt batch: Int) {
    self.plan = plan
    let preprocessing = plan.loader.preprocessing
    sampleCount = preprocessing.channels * preprocessing.outputSize.height * preprocessing.outputSize.width
    state = Monitor(State(firstNumber: batch))
  }

  /// Begins a batch.
  func begin(_ number: Int) -> PendingBatch {
    PendingBatch(number: number, positions: plan.positions(of: number), memory: plan.loader.pool.take())
  }

  /// Where the sample of a place goes.
  func target(_ memory: BatchMemory, _ place: Int) -> UnsafeMutablePointer<Float> {
    memory.floats + place * sampleCount
  }

  /// Waits for a batch and takes it out, which makes room for another. Batches are taken in order.
  func take(_ number: Int) -> PendingBatch {
    state.wait(thenWake: true) { state in
      precondition(number == state.firstNumber, "batch \(number) is taken out of order")
      guard let first = state.pending.first, first.isComplete else { return nil }
      state.pending.removeFirst()
      state.firstNumber += 1
      return first
    }
  }

  /// Lets the workers end after the sample that each is at.
  func cancel() {
    state.change { state in
      state.isCancelled = true
      state.pending = []
    }
  }

  /// What a worker does until the epoch ends.
  func work() {
    var processor = SampleProcessor(plan.loader.preprocessing)
    while let assignment = nextAssignment() {
      let outcome = plan.make(
        position: assignment.position, with: &processor, into: target(assignment.memory, assignment.place))
      finish(assignment, outcome)
    }
  }

  private enum Next: Sendable {
    case make(Assignment)
    case end
  }

  /// Waits for something to do; nil when there will be nothing more.
  private func nextAssignment() -> Assignment? {
    let next = state.wait { state -> Next? in
      if state.isCancelled { return .end }
      for index in state.pending.indices {
        if let assignment = Self.claim(&state.pending[index]) { return .make(assignment) }
      }
      guard state.nextNumber < plan.loader.batchCount, !state.pending.contains(where: \.hasFailed) else { return .end }
      guard state.pending.count <= plan.loader.options.prefetch else { return nil }
      state.pending.append(begin(state.nextNumber))
      return Self.claim(&state.pending[state.pending.count - 1]).map { .make($0) }
    }
    if case .make(let assignment) = next { return assignment }
    return nil
  }

  private static func claim(_ batch: inout PendingBatch) -> Assignment? {
    batch.claim().map { place in
      Assignment(
        batch: batch.number, place: place, position: batch.positions.lowerBound + place, memory: batch.memory)
    }
  }

  private func finish(_ assignment: Assignment, _ outcome: EpochPlan.Outcome) {
    let isComplete = state.withLock { state in
      // After a cancellation the batch is gone.
      let index = assignment.batch - state.firstNumber
      guard state.pending.indices.contains(index) else { return false }
      state.pending[index].finish(assignment.place, outcome)
      return state.pending[index].isComplete
    }
    if isComplete { state.change { _ in } }
  }
}
