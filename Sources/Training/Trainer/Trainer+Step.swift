import Checkpoint
import Datasets
import Engine
import Tensors

extension Trainer {
  /// One step of the optimizer, on the epoch's next batch or batches.
  /// - Returns: `false` when the epoch has no batch left.
  func makeStep(_ iterator: EpochIterator, _ onEvent: (TrainingEvent) -> Void) throws -> Bool {
    let position = preparation.schedulePosition(state)
    let rate = preparation.schedule.learningRate(atStep: position, plateau: state.plateau)
    let place = place
    let step = OptimizerStep(
      preparation: preparation, network: network, number: state.step,
      updates: preparation.groups.updates(
        learningRate: rate, momentum: preparation.schedule.momentum(atStep: position), step: state.optimizerStep + 1),
      place: place)
    // Stopping waits for the end of the step: no checkpoint stands in the middle of one.
    let done = try step.make(
      atMost: preparation.batchesPerEpoch - state.batchesDone,
      next: {
        let batch = try iterator.next()
        if batch != nil { try becomeReady() }
        return batch
      },
      seen: { batch, result in try add(result, of: batch, onEvent) })
    guard let done else { return false }
    if let norm = done.gradientNorm, !norm.isFinite {
      throw try diverged("the length of the gradient is \(Self.name(of: norm))", at: place)
    }
    state.step += 1
    try updateAverage()
    try report(done, learningRate: rate, onEvent)
    return true
  }

  /// Moves the average of weights, where one is kept.
  private func updateAverage() throws {
    let updates = state.averageUpdates ?? 0
    guard state.step.isMultiple(of: settings.average.every), let rule = settings.average.rule(afterUpdates: updates)
    else { return }
    try network.updateAverage(rule)
    state.averageUpdates = updates + 1
  }

  /// The first batch is the end of all preparation.
  private func becomeReady() throws {
    if let seconds = pace.becomeReady() {
      try log.append(entry("ready", ["seconds": .number((seconds * 1000).rounded() / 1000)]))
    }
  }

  /// Counts a batch.
  private func add(_ result: StepResult, of batch: Batch, _ onEvent: (TrainingEvent) -> Void) throws {
    guard !result.hasDiverged else { throw try diverged("the loss is \(Self.name(of: result.loss))") }
    state.batchesDone += 1
    state.running.add(
      lossSum: result.lossSum, weight: result.weight, correct: result.correct, counted: result.counted,
      count: batch.count)
    try report(batch.skipped, onEvent)
    pace.add(images: batch.count)
  }

  /// Tells of a step.
  private func report(_ step: StepMeasures, learningRate: Double, _ onEvent: (TrainingEvent) -> Void) throws {
    let progress = TrainingProgress(
      epoch: state.epochsDone + 1, epochs: settings.epochs, step: stepsDoneInEpoch,
      stepsPerEpoch: preparation.stepsPerEpoch, globalStep: state.step, metrics: state.running,
      learningRate: learningRate, gradientNorm: step.gradientNorm, imagesPerSecond: pace.imagesPerSecond,
      secondsLeft: pace.secondsLeft(
        epoch: state.epochsDone + 1, imagesDone: state.batchesDone * settings.batchSize))
    if state.step.isMultiple(of: min(Self.logInterval, max(preparation.stepsPerEpoch / 10, 1))) {
      try log.append(stepEntry(progress, loss: step.loss))
    }
    onEvent(.step(progress))
  }

  /// Steps between two lines of the log, where an epoch has ten times as many.
  private static let logInterval = 50
}
