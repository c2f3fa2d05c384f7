import Datasets
import Engine
import Layers

/// One step of the optimizer on the next batch or batches of an epoch: what trainings, range tests and trials have in
/// common.
struct OptimizerStep {
  let preparation: Preparation
  let network: Network
  /// Counted from 0: dropout follows from it.
  let number: Int
  let updates: Updates
  /// The step for people, in errors.
  let place: String

  /// Makes the step.
  /// - Parameters:
  ///   - limit: The batches that the epoch has left; a step has fewer where an epoch ends.
  ///   - next: Gives the next batch.
  ///   - seen: Told each batch after the network has seen it; what it throws ends the step.
  /// - Returns: What the batches were; `nil` when there was none.
  /// - Throws: ``TrainingError`` when no image of the step counts. A length of the gradient that is not finite is returned.
  func make(
    atMost limit: Int, next: () throws -> Batch?, seen: (Batch, StepResult) throws -> Void
  ) throws -> StepMeasures? {
    guard limit > 0, var batch = try next() else { return nil }
    var clock = SecondsClock()
    let gradients = preparation.settings.gradients
    var done = StepMeasures()
    guard gradients.keepsGradients else {
      let result = try program(for: batch).step(
        images: batch.images, targets: preparation.targets(of: batch), loss: preparation.loss, updates: updates,
        step: number)
      guard result.weight > 0 || preparation.loss.reduction == .sum else { throw nothingToLearn() }
      done.seconds = clock.seconds
      try seen(batch, result)
      done.add(result)
      return done
    }
    while true {
      let result = try program(for: batch).accumulate(
        images: batch.images, targets: preparation.targets(of: batch), loss: preparation.loss,
        step: number * gradients.accumulate + done.batches)
      done.seconds += clock.seconds
      try seen(batch, result)
      done.add(result)
      guard done.batches < min(gradients.accumulate, limit), let following = try next() else { break }
      batch = following
      clock = SecondsClock()
    }
    guard done.weight > 0 || preparation.loss.reduction == .sum else { throw nothingToLearn() }
    clock = SecondsClock()
    let divisor = preparation.loss.reduction == .mean ? done.weight : 1
    done.gradientNorm = try network.update(updates, dividingBy: divisor, clipping: gradients.clipping).gradientNorm
    done.seconds += clock.seconds
    return done
  }

  /// The program for a batch; a last batch that is not full has its own.
  private func program(for batch: Batch) throws -> TrainingProgram {
    try network.trainingProgram(batchSize: batch.count, inputSize: Pair(preparation.inputSize))
  }

  /// Why a step has no loss.
  private func nothingToLearn() -> TrainingError {
    TrainingError(
      .mismatch, at: place,
      "every image of the step is ignored or of a class with weight 0, so its mean loss is none; train with a larger "
        + "--batch-size, or leave these images out of the data")
  }
}

/// What the batches of a step were.
struct StepMeasures {
  private(set) var batches = 0
  private(set) var lossSum = 0.0
  private(set) var weight = 0.0
  /// The Euclidean length of all gradients before clipping; `nil` unless they are clipped by it.
  var gradientNorm: Double?
  /// What computing took; reading images did not.
  var seconds = 0.0

  mutating func add(_ result: StepResult) {
    batches += 1
    lossSum += result.lossSum
    weight += result.weight
  }

  /// The mean over all images, before the update; 0 when none counts.
  var loss: Double { weight == 0 ? 0 : lossSum / weight }
}

extension StepResult {
  /// Whether the loss is not finite: of accumulated batches one may have no mean.
  var hasDiverged: Bool { !loss.isFinite && !(weight == 0 && lossSum == 0) }
}
