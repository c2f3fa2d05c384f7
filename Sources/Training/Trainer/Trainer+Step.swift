import Checkpoint
import Datasets
import Engine
import Tensors

extension Trainer {
  /// One step of the optimizer, on the epoch's next batch or batches.
  /// - Returns: `false` when the epoch has no batch left.
  func makeStep(_ iterator: EpochIterator, _ onEvent: (TrainingEvent) -> Void) throws -> Bool {
    guard var batch = try iterator.next() else { return false }
    let rate = preparation.schedule.learningRate(
      atStep: preparation.schedulePosition(state), plateau: state.plateau)
    let updates = preparation.groups.updates(learningRate: rate, step: state.optimizerStep + 1)
    let gradients = settings.gradients
    let place = place
    var done = StepMeasures()
    if gradients.keepsGradients {
      // Stopping waits for the end of the step: no checkpoint stands in the middle of one.
      while true {
        let result = try program(for: batch).accumulate(
          images: batch.images, targets: preparation.targets(of: batch), loss: preparation.loss,
          step: state.step * gradients.accumulate + done.batches)
        try add(result, of: batch, to: &done, onEvent)
        guard done.batches < gradients.accumulate, state.batchesDone < preparation.batchesPerEpoch,
          let next = try iterator.next()
        else { break }
        batch = next
      }
      guard done.weight > 0 || preparation.loss.reduction == .sum else { throw nothingToLearn() }
      let divisor = preparation.loss.reduction == .mean ? done.weight : 1
      let result = try network.update(updates, dividingBy: divisor, clipping: gradients.clipping)
      done.gradientNorm = result.gradientNorm
      if let norm = result.gradientNorm, !norm.isFinite {
        throw try diverged("the length of the gradient is \(Self.name(of: norm))", at: place)
      }
    } else {
      let result = try program(for: batch).step(
        images: batch.images, targets: preparation.targets(of: batch), loss: preparation.loss, updates: updates,
        step: state.step)
      try add(result, of: batch, to: &done, onEvent)
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

  /// The program for a batch; the first one is the end of all preparation.
  private func program(for batch: Batch) throws -> TrainingProgram {
    let program = try program(batchSize: batch.count)
    if let seconds = pace.becomeReady() {
      try log.append(entry("ready", ["seconds": .number((seconds * 1000).rounded() / 1000)]))
    }
    return program
  }

  /// Counts a batch.
  private func add(
    _ result: StepResult, of batch: Batch, to step: inout StepMeasures, _ onEvent: (TrainingEvent) -> Void
  ) throws {
    if result.weight == 0, preparation.loss.reduction == .mean, !settings.gradients.keepsGradients {
      throw nothingToLearn()
    }
    // Of accumulated batches one may have no mean.
    guard result.loss.isFinite || (result.weight == 0 && result.lossSum == 0) else {
      throw try diverged("the loss is \(Self.name(of: result.loss))")
    }
    step.add(result)
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

  /// Why a step has no loss.
  private func nothingToLearn() -> TrainingError {
    TrainingError(
      .mismatch, at: place,
      "every image of the step is ignored or of a class with weight 0, so its mean loss is none; train with a larger "
        + "--batch-size, or leave these images out of the data")
  }
}

/// What the batches of a step were.
private struct StepMeasures {
  private(set) var batches = 0
  private(set) var lossSum = 0.0
  private(set) var weight = 0.0
  var gradientNorm: Double?

  mutating func add(_ result: StepResult) {
    batches += 1
    lossSum += result.lossSum
    weight += result.weight
  }

  /// The mean over all images; 0 when none counts.
  var loss: Double { weight == 0 ? 0 : lossSum / weight }
}
