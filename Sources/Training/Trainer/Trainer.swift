public import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// Trains a model, keeps its run, and goes on where a run stopped.
///
/// ```swift
/// let trainer = try Trainer(TrainingSettings(model: "lenet5", data: "fashion-mnist"), in: RunStore())
/// let outcome = try trainer.train { event in print(event) }
/// ```
public final class Trainer {
  /// What the training does.
  public var settings: TrainingSettings { preparation.settings }
  /// Steps of an epoch.
  public var stepsPerEpoch: Int { preparation.stepsPerEpoch }
  /// Steps of the current epoch that are done.
  public var stepsDoneInEpoch: Int { preparation.stepsDone(state) }
  /// The folder of settings, log and checkpoints.
  public let run: Run
  /// Where the training stands.
  public internal(set) var state: TrainingState

  let preparation: Preparation
  let network: Network
  let log: RunLog
  /// Held until the trainer goes.
  private let lock: RunLock
  /// The batches of the current epoch, begun early so that images are read while the network is made.
  var batches: EpochIterator?
  var pace: Pace
  /// Which images the training is of; made when the first checkpoint is saved.
  private(set) lazy var dataDigest = preparation.data.digest
  /// Called whenever a checkpoint has got or lost a name, for tests.
  var probe: () throws -> Void = {}
  /// What the user should know before the first step.
  private let notices: [String]

  /// A new training. Its run gets a folder with the settings; nothing is trained yet.
  /// - Parameters:
  ///   - settings: What to do.
  ///   - name: The name of the run; the model's, with a number, when `nil`.
  ///   - store: Where the run is kept.
  /// - Throws: An error that says what is wrong with settings, model or data; no folder is made then.
  public convenience init(_ settings: TrainingSettings, run name: String? = nil, in store: RunStore = RunStore()) throws
  {
    try self.init(settings, run: name, in: store, entry: nil)
  }

  /// The same with a model that need not be the registry's.
  convenience init(_ settings: TrainingSettings, run name: String?, in store: RunStore, entry: ModelEntry?) throws {
    let clock = SecondsClock()
    var preparation = try Preparation(settings, entry: entry)
    let weights = try preparation.startingWeights()
    let notices = try preparation.searchAlgorithms()
    let batches = try preparation.loader.epoch(0)
    // The disk takes as long to make the run safe as the processor to draw the parameters.
    let encoded = try JSONValue(encoding: preparation.settings)
    let created = Background { [preparation] in
      try store.createRun(name, model: preparation.settings.model, settings: encoded)
    }
    let network = Result { [preparation] in try preparation.initialNetwork(weights) }
    let run = try created.value()
    let lock = try run.lock()
    try self.init(
      preparation, run, lock, try network.get(), TrainingState(), batches, since: clock,
      notices: preparation.notices + (weights?.notices(classNames: preparation.classNames) ?? []) + notices)
  }

  /// A trainer whose network holds what `state` says.
  init(
    _ preparation: Preparation, _ run: Run, _ lock: RunLock, _ network: Network, _ state: TrainingState,
    _ batches: EpochIterator, since clock: SecondsClock, notices: [String]
  ) throws {
    self.preparation = preparation
    self.run = run
    self.lock = lock
    self.network = network
    self.state = state
    self.batches = batches
    self.notices = notices
    log = try run.log()
    try run.write(classIndices: ClassIndices(names: preparation.classNames).text)
    pace = Pace(preparation, since: clock)
  }

  /// Trains to the end of the last epoch, or until it is asked to stop.
  /// - Parameters:
  ///   - shouldStop: Evaluated after every batch; a training that stops saves `last` first.
  ///   - onEvent: Told everything that happens, in the thread that called.
  /// - Returns: Whether the training is finished or was stopped.
  /// - Throws: ``TrainingError`` of code `diverged` when the loss is not finite; the last checkpoints stay as they were.
  @discardableResult
  public func train(
    stopWhen shouldStop: @autoclosure () -> Bool = false, _ onEvent: (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainingOutcome {
    onEvent(.started(preparation.plan(state, folder: run.folder)))
    (notices + preparation.planNotices).forEach { onEvent(.notice($0)) }
    try log.append(startEntry())
    _ = try program(batchSize: min(settings.batchSize, preparation.loader.dataset.count))
    pace.start()
    while state.epochsDone < settings.epochs, !isOver {
      guard try trainEpoch(shouldStop, onEvent), let validation = try validate(shouldStop, onEvent) else {
        try save()
        try log.append(entry("stopped"))
        return .stopped
      }
      try finishEpoch(validation, onEvent)
    }
    if isOver { onEvent(.notice(earlyStoppingNotice)) }
    // The last saving is part of what the user waited for.
    state.seconds += pace.uncounted()
    try log.append(entry("finished"))
    return .finished
  }

  /// Whether early stopping has ended the training.
  private var isOver: Bool { state.earlyStopping?.isOver(settings.earlyStopping) ?? false }

  private var earlyStoppingNotice: String {
    "stopped early after epoch \(state.epochsDone) of \(settings.epochs): "
      + (state.earlyStopping?.summary(settings.earlyStopping) ?? "")
  }

  /// The program for a batch size; a last batch that is not full has its own.
  func program(batchSize: Int) throws -> TrainingProgram {
    try network.trainingProgram(
      batchSize: batchSize, inputSize: Pair(preparation.inputSize))
  }
}

/// How a training ended.
public enum TrainingOutcome: Sendable, Hashable {
  /// All epochs are done.
  case finished
  /// It was asked to stop; `last` holds everything, and resuming goes on exactly there.
  case stopped
}

extension TrainingSettings {
  /// How the engine computes this training.
  var execution: ExecutionOptions {
    ExecutionOptions(
      threads: threads, precision: precision, allowsWinograd: allowsWinograd, algorithms: algorithms ?? [:], seed: seed)
  }
}
