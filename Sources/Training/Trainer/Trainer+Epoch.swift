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
    while state.batchesDone < preparation.batchesPerEpoch {
      if shouldStop() { return false }
      guard try makeStep(iterator, onEvent) else { break }
      // At the end of an epoch it is saved anyway.
      let isDue = settings.checkpoints.everySteps.map { state.step.isMultiple(of: $0) } ?? false
      let isMidEpoch = state.batchesDone < preparation.batchesPerEpoch
      if isDue && isMidEpoch || pace.isTimeToSave(every: settings.saveMinutes * 60) {
        try save()
        pace.saved()
      }
    }
    return true
  }

  /// Measures the validation images, by the average of weights where there is one; without any there is nothing to measure.
  /// - Returns: `nil` when it was asked to stop.
  func validate(_ shouldStop: () -> Bool, _ onEvent: (TrainingEvent) -> Void) throws -> Validation? {
    guard let loader = preparation.validationLoader else { return Validation(metrics: nil) }
    let pass = InferencePass(network: network, loader: loader)
    func measure() throws -> (ClassificationMetrics, [SkippedSample])? {
      try pass.measure(classCount: preparation.classNames.count, stopWhen: shouldStop) { onEvent(.validating($0)) }
    }
    // What will be used is what is measured.
    let measured = try state.averageUpdates == nil ? measure() : network.withAverage(measure)
    guard let (metrics, skipped) = measured else { return nil }
    guard metrics.loss.isFinite else { throw try diverged("the validation loss is \(Self.name(of: metrics.loss))") }
    try report(skipped, onEvent)
    return Validation(metrics: EpochMetrics(metrics), confusion: metrics.confusion)
  }

  /// What a validation measured; nothing without validation images.
  struct Validation {
    let metrics: EpochMetrics?
    var confusion: ConfusionMatrix?
  }

  /// Ends the epoch: state, log, checkpoints and report.
  func finishEpoch(_ validation: Validation, _ onEvent: (TrainingEvent) -> Void) throws {
    let training = EpochMetrics(state.running)
    let measured = validation.metrics ?? training
    let isBest = state.best.map { settings.checkpoints.bestBy.isBetter(measured, than: $0.metrics) } ?? true
    let rate = preparation.schedule.learningRate(
      atStep: max(preparation.schedulePosition(state) - 1, 0), plateau: state.plateau)
    state.epochsDone += 1
    state.batchesDone = 0
    state.running = RunningMetrics()
    state.skipped = 0
    state.training = training
    state.validation = validation.metrics
    if settings.earlyStopping.patience != nil {
      var stopping = state.earlyStopping ?? EarlyStoppingState()
      stopping.add(measured, settings.earlyStopping)
      state.earlyStopping = stopping
    }
    updatePlateau(measured)
    if isBest { state.best = TrainingState.Best(epoch: state.epochsDone, metrics: measured) }
    rank(measured)
    // The next epoch's first images are read while this one is saved.
    if state.epochsDone < settings.epochs { batches = try preparation.loader.epoch(state.epochsDone) }
    try log.append(epochEntry(learningRate: rate, isBest: isBest, confusion: validation.confusion))
    try save(isBest: isBest, isEndOfEpoch: true)
    try removeSurpassed()
    let seconds = pace.endEpoch()
    onEvent(
      .epoch(
        EpochReport(
          epoch: state.epochsDone, epochs: settings.epochs, training: training, validation: validation.metrics,
          isBest: isBest, seconds: seconds)))
  }

  /// The step that comes next, for people.
  var place: String {
    "epoch \(state.epochsDone + 1), step \(state.batchesDone / settings.gradients.accumulate + 1) of \(preparation.stepsPerEpoch)"
  }

  /// Tells a plateau what an epoch came to.
  private func updatePlateau(_ metrics: EpochMetrics) {
    let schedule = settings.schedule
    let warmup = preparation.schedule.warmup * preparation.schedule.stepsPerUnit
    guard schedule.kind == .plateau, preparation.schedulePosition(state) >= warmup else { return }
    var plateau = state.plateau ?? PlateauState(rate: settings.optimizer.learningRate)
    plateau.add(schedule.plateau.metric.value(of: metrics), schedule.plateau, minimum: schedule.minimumRate)
    state.plateau = plateau
  }

  /// `nan` and `inf` without the sign that means nothing here.
  static func name(of loss: Double) -> String { loss.isNaN ? "nan" : "\(loss)" }

  /// The training cannot go on.
  /// - Parameter place: The step; the one under way when `nil`.
  func diverged(_ what: String, at place: String? = nil) throws -> TrainingError {
    let place = place ?? self.place
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
  func report(_ skipped: [SkippedSample], _ onEvent: (TrainingEvent) -> Void) throws {
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
