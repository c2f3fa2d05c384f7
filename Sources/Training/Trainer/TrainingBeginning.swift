import Checkpoint
import Engine
import Zoo

/// A training just before its first step, with no run yet.
struct TrainingBeginning {
  let preparation: Preparation
  let network: Network
  let state: TrainingState
  /// What the user should know.
  let notices: [String]

  /// A training that begins here.
  init(_ settings: TrainingSettings, entry: ModelEntry? = nil) throws {
    var preparation = try Preparation(settings, entry: entry)
    let weights = try preparation.startingWeights()
    notices = (weights?.notices(classNames: preparation.classNames) ?? []) + (try preparation.searchAlgorithms())
    network = try preparation.initialNetwork(weights)
    state = TrainingState()
    self.preparation = preparation
  }

  /// A training that was begun elsewhere: its weights, its optimizer with all its state, and its epoch.
  /// - Parameters:
  ///   - foreign: The training. Its optimizer is taken from `settings`, which may change hyper-parameters but not the kind.
  ///   - epochsDone: Epochs that are done; what the file says when `nil`.
  ///   - settings: What to do, with the epochs of the whole training.
  /// - Throws: ``TrainingError`` with every tensor that does not fit, or when all epochs are done.
  init(continuing foreign: ForeignTraining, epochsDone: Int?, _ settings: TrainingSettings) throws {
    let place = foreign.path.terminalEscaped
    guard settings.optimizer.kind == foreign.optimizer.kind else {
      throw TrainingError(
        .mismatch, at: place,
        "was trained with \(foreign.optimizer.kind.rawValue), whose state \(settings.optimizer.kind.rawValue) cannot go on "
          + "from; give '--optimizer \(foreign.optimizer.kind.rawValue)'")
    }
    var settings = settings
    settings.continued = foreign.path
    var preparation = try Preparation(settings)
    var state = TrainingState()
    guard let done = epochsDone ?? foreign.epochsDone else {
      throw TrainingError(
        .mismatch, at: place, "does not say how many epochs are done; say it with '--start-epoch N', from 0")
    }
    guard done < settings.epochs else {
      throw TrainingError(
        .run, at: place, "\(done) epochs are done; '--epochs N' with a larger number trains on")
    }
    state.epochsDone = done
    state.step = done * preparation.stepsPerEpoch
    let optimizerSteps = foreign.snapshot.metadata.optimizer?.step ?? 0
    if optimizerSteps > 0 { state.optimizerStepOffset = optimizerSteps - state.step }

    if settings.schedule.kind == .plateau, let known: ForeignSchedule = try foreign.schedule(epochsDone: done) {
      state.plateau = known.plateau
    }

    let snapshot = try foreign.snapshot.loaded()
    notices = try preparation.searchAlgorithms()
    network = try preparation.network()
    try network.load(snapshot.net, of: preparation.entry, from: foreign.path)
    try network.loadOptimizerState(settings.optimizer.state(in: snapshot.optimizer, path: foreign.path))
    self.preparation = preparation
    self.state = state
  }
}
