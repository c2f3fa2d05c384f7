import Checkpoint
import Datasets
import Engine
import Tensors

extension Trainer {
  /// Trains on what is left of the current epoch.
  /// - Returns: `false` when it was asked to stop.
  func trainEpoch(_ shouldStop: () -> Bool, _ onEvent: (TrainingEvent) -> Void) throws -> Bool {
    let iterator = try batches ?? preparation.loader.epoch(state.epochsDone, startingAt: state.batchesDone)
    batches = nil
    defer { iterator.cancel() }
    pace.beginEpoch()
    while state.batchesDone < preparation.stepsPerEpoch {
      if shouldStop() { return false }
      guard let batch = try iterator.next() else { break }
      try train(on: batch, onEvent)
      if pace.isTimeToSave(every: settings.saveMinutes * 60) {
        try save()
        pace.saved()
      }
    }
    return true
  }

  private func train(on batch: Batch, _ onEvent: (TrainingEvent) -> Void) throws {
    let rate = preparation.schedule.learningRate(atStep: state.step)
    let program = try program(batchSize: batch.count)
    if let seconds = pace.becomeReady() {
      try log.append(entry("ready", ["seconds": .number((seconds * 1000).rounded() / 1000)]))
    }
    let result = try program.step(
      images: batch.images, targets: .classes(batch.labels), loss: preparation.loss,
      updates: preparation.groups.updates(learningRate: rate, step: state.optimizerStep + 1), step: state.step
    )
    guard result.loss.isFinite, result.weight > 0 else { throw try unusable(result) }
    state.step += 1
    state.batchesDone += 1
    state.running.add(
      lossSum: result.lossSum, weight: result.weight, correct: result.correct, counted: result.counted,
      count: batch.count)
    try report(batch.skipped, onEvent)
    pace.add(images: batch.count)
    let progress = TrainingProgress(
      epoch: state.epochsDone + 1, epochs: settings.epochs, step: state.batchesDone,
      stepsPerEpoch: preparation.stepsPerEpoch, globalStep: state.step, metrics: state.running, learningRate: rate,
      imagesPerSecond: pace.imagesPerSecond,
      secondsLeft: pace.secondsLeft(
        epoch: state.epochsDone + 1, imagesDone: state.batchesDone * settings.batchSize))
    if state.step.isMultiple(of: Self.logInterval) {
      try log.append(stepEntry(progress, loss: result.lossSum / result.weight))
    }
    onEvent(.step(progress))
  }

  /// Steps between two lines of the log.
  private static let logInterval = 50

  /// Measures the validation images; without any there is nothing to measure.
  /// - Returns: `nil` when it was asked to stop.
  func validate(_ shouldStop: () -> Bool, _ onEvent: (TrainingEvent) -> Void) throws -> Validation? {
    guard let loader = preparation.validationLoader else { return Validation(metrics: nil) }
    let pass = InferencePass(network: network, loader: loader)
    let measured = try pass.measure(classCount: preparation.classNames.count, stopWhen: shouldStop) {
      onEvent(.validating($0))
    }
    guard let (metrics, skipped) = measured else { return nil }
    guard metrics.loss.isFinite else { throw try diverged("the validation loss is \(Self.name(of: metrics.loss))") }
    try report(skipped, onEvent)
    return Validation(metrics: EpochMetrics(metrics))
  }

  /// What a validation measured; nothing without validation images.
  struct Validation {
    let metrics: EpochMetrics?
  }

  /// Ends the epoch: state, log, checkpoints and report.
  func finishEpoch(_ validation: Validation, _ onEvent: (TrainingEvent) -> Void) throws {
    let training = EpochMetrics(state.running)
    let measured = validation.metrics ?? training
    let isBest = state.best?.isBeaten(by: measured) ?? true
    let rate = preparation.schedule.learningRate(atStep: max(state.step - 1, 0))
    state.epochsDone += 1
    state.batchesDone = 0
    state.running = RunningMetrics()
    state.skipped = 0
    state.training = training
    state.validation = validation.metrics
    if isBest { state.best = TrainingState.Best(epoch: state.epochsDone, metrics: measured) }
    // The next epoch's first images are read while this one is saved.
    if state.epochsDone < settings.epochs { batches = try preparation.loader.epoch(state.epochsDone) }
    try log.append(epochEntry(learningRate: rate, isBest: isBest))
    try save(isBest: isBest, isEndOfEpoch: true)
    let seconds = pace.endEpoch()
    onEvent(
      .epoch(
        EpochReport(
          epoch: state.epochsDone, epochs: settings.epochs, training: training, validation: validation.metrics,
          isBest: isBest, seconds: seconds)))
  }

  /// Why a step's loss is no number.
  func unusable(_ result: StepResult) throws -> TrainingError {
    guard result.weight == 0 else { return try diverged("the loss is \(Self.name(of: result.loss))") }
    return TrainingError(
      .mismatch, at: place,
      "every image of the step is ignored or of a class with weight 0, so its mean loss is none; train with a larger "
        + "--batch-size, or leave these images out of the data")
  }

  /// The step that comes next, for people.
  private var place: String {
    "epoch \(state.epochsDone + 1), step \(state.batchesDone + 1) of \(preparation.stepsPerEpoch)"
  }

  /// `nan` and `inf` without the sign that means nothing here.
  private static func name(of loss: Double) -> String { loss.isNaN ? "nan" : "\(loss)" }

  /// The training cannot go on.
  private func diverged(_ what: String) throws -> TrainingError {
    let place = self.place
    try log.append(entry("diverged", ["message": .string("\(place): \(what)")]))
    let kept =
      run.existing(.last) == nil
      ? "nothing had been saved yet"
      : "the last good checkpoint is \(run.name)@last"
    return TrainingError(
      .diverged, at: place,
      "\(what), so training stopped; \(kept). Train with a smaller --lr, more --warmup-epochs, or another seed")
  }

  /// Tells of images that could not be decoded: all in the log, the first of an epoch to the user.
  private func report(_ skipped: [SkippedSample], _ onEvent: (TrainingEvent) -> Void) throws {
    for sample in skipped {
      state.skipped += 1
      try log.append(entry("skipped", ["message": .string("\(sample.error)")]))
      if state.skipped <= Self.namedImages { onEvent(.notice("left out: \(sample.error)")) }
      if state.skipped == Self.namedImages + 1 {
        onEvent(.notice("more images cannot be decoded; \(run.logPath.terminalEscaped) names them all"))
      }
    }
  }

  /// Images that could not be decoded and are named to the user, in each epoch.
  private static let namedImages = 5
}
