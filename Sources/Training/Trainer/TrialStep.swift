public import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// Two steps of a training, and one batch of its validation, that leave nothing behind: `--dry-run`.
///
/// The steps are the training's own, with accumulation, clipping, mixing and the average of weights; validation is by that
/// average where one is kept. Of saving it is asked whether the run could be made and has room.
public struct TrialStep {
  /// What would be trained.
  public let plan: TrainingPlan
  /// What the user should know.
  public let notices: [String]
  /// The mean loss of the first step's images before it.
  public let loss: Double
  /// The Euclidean length of that step's gradients before clipping; `nil` unless they are clipped by it.
  public let gradientNorm: Double?
  /// Seconds of the second step, without reading its images.
  public let secondsPerStep: Double
  /// The mean loss of the first batch of validation; `nil` without validation.
  public let validationLoss: Double?
  /// What the training takes.
  public let memory: TrainingMemory
  /// Where the run would be kept, when that was asked.
  public let saving: SavingCheck?

  /// Makes the steps. Reads the images that they need, and writes no file.
  /// - Parameters:
  ///   - settings: What to do.
  ///   - foreign: What the training goes on with, when it was begun elsewhere.
  ///   - epochsDone: Epochs of that which are done; what the file says when `nil`.
  ///   - name: The name of the run; the model's, with a number, when `nil`.
  ///   - store: Where the run would be kept; that is not checked when `nil`.
  /// - Throws: What a training would throw before its third step.
  public init(
    _ settings: TrainingSettings, continuing foreign: ForeignTraining? = nil, epochsDone: Int? = nil,
    run name: String? = nil, in store: RunStore? = nil
  ) throws {
    let beginning =
      try foreign.map { try TrainingBeginning(continuing: $0, epochsDone: epochsDone, settings) }
      ?? TrainingBeginning(settings)
    try self.init(beginning, run: name, in: store)
  }

  /// The same with a model that need not be the registry's.
  init(_ settings: TrainingSettings, entry: ModelEntry?) throws {
    try self.init(TrainingBeginning(settings, entry: entry), run: nil, in: nil)
  }

  private init(_ beginning: TrainingBeginning, run name: String?, in store: RunStore?) throws {
    let (preparation, network) = (beginning.preparation, beginning.network)
    let settings = preparation.settings
    // What a wrong name costs is said before what the steps cost.
    let required = TrainingMemory.checkpoint(preparation)
    saving = try store.map { try SavingCheck(settings, run: name, in: $0, checkpointByteCount: required) }
    var trial = Trial(beginning)
    let first = try trial.makeStep()
    let second = try trial.makeStep()
    plan = preparation.plan(beginning.state, folder: saving?.folder ?? "")
    notices = beginning.notices + trial.notices
    loss = first.loss
    gradientNorm = first.gradientNorm
    secondsPerStep = second.seconds
    memory = TrainingMemory(
      preparation,
      try network.trainingProgram(
        batchSize: min(settings.batchSize, preparation.loader.dataset.count), inputSize: Pair(preparation.inputSize)))
    validationLoss = try preparation.validationLoader.flatMap { loader in
      func measure() throws -> Double? {
        try Self.validationLoss(network, loader, classes: preparation.classNames.count)
      }
      return settings.average.decay == nil ? try measure() : try network.withAverage(measure)
    }
  }

  private static func validationLoss(_ network: Network, _ loader: DataLoader, classes: Int) throws -> Double? {
    let iterator = try loader.epoch(0)
    defer { iterator.cancel() }
    guard let batch = try iterator.next() else { return nil }
    let size = Pair(batch.images.shape[2], batch.images.shape[3])
    let logits = try network.inferenceProgram(batchSize: batch.count, inputSize: size).logits(images: batch.images)
    var metrics = ClassificationMetrics(classCount: classes)
    metrics.add(logits: logits, labels: batch.labels)
    return metrics.loss
  }
}

/// Steps of a training that is thrown away.
private struct Trial {
  private let beginning: TrainingBeginning
  private var steps = 0
  private(set) var notices: [String] = []

  init(_ beginning: TrainingBeginning) { self.beginning = beginning }

  /// Makes the next step, of the first batches of an epoch of its own.
  mutating func makeStep() throws -> StepMeasures {
    let (preparation, network, state) = (beginning.preparation, beginning.network, beginning.state)
    let place = "step \(steps + 1)"
    let iterator = try preparation.loader.epoch(state.epochsDone + steps)
    defer { iterator.cancel() }
    let number = state.step + steps
    let step = OptimizerStep(
      preparation: preparation, network: network, number: number,
      updates: preparation.groups.updates(
        learningRate: preparation.schedule.learningRate(atStep: number, plateau: state.plateau),
        momentum: preparation.schedule.momentum(atStep: number), step: state.optimizerStep + steps + 1),
      place: place)
    var skipped: [String] = []
    let measures = try step.make(
      atMost: preparation.batchesPerEpoch, next: { try iterator.next() },
      seen: { batch, result in
        skipped += batch.skipped.map { "left out: \($0.error)" }
        if result.hasDiverged { try Self.require(result.loss, "the loss", at: place) }
      })
    guard let measures else { throw TrainingError(.mismatch, "the data has no batch") }
    if let norm = measures.gradientNorm { try Self.require(norm, "the length of the gradient", at: place) }
    if let rule = preparation.settings.average.rule(afterUpdates: steps) { try network.updateAverage(rule) }
    notices += skipped
    steps += 1
    return measures
  }

  private static func require(_ value: Double, _ what: String, at place: String) throws {
    guard !value.isFinite else { return }
    throw TrainingError(
      .diverged, at: place, "\(what) is \(Trainer.name(of: value)); train with a smaller --lr")
  }
}
