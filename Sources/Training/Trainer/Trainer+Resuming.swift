public import Checkpoint
import Datasets
public import Engine
import Layers
import Tensors
import Zoo

/// What is to be different when a training goes on; `nil` stays as it was.
public struct ResumeChanges: Sendable, Hashable {
  /// The epochs of the whole training.
  public var epochs: Int?
  /// Where the images are now.
  public var data: String?
  /// Where the validation images are now.
  public var validation: String?
  /// Threads that compute: the result is the same to the last bit for the same number only.
  public var threads: Int?
  /// Threads that read images.
  public var workers: Int?
  /// Where to compute.
  public var device: String?
  /// The numbers that convolutions and linear layers multiply.
  public var precision: ExecutionOptions.Precision?
  /// ``EarlyStopping/patience``; 0 for none.
  public var earlyStoppingPatience: Int?
  /// Whether going on with other results is an error.
  public var isDeterministic: Bool?

  /// Nothing changes.
  public init() {}
}

extension Trainer {
  /// Goes on with a run, exactly where a checkpoint stands.
  /// - Parameters:
  ///   - reference: `RUN`, `RUN@last`, `RUN@best` or `RUN@12`.
  ///   - store: Where the run is kept.
  ///   - changes: What is to be different.
  /// - Throws: An error that says why the run cannot go on: it is not there, it is finished, another process trains in
  ///   it, its checkpoint is damaged, or the data is not what it was.
  public convenience init(
    resuming reference: String, in store: RunStore = RunStore(), changing changes: ResumeChanges = ResumeChanges()
  ) throws {
    try self.init(resuming: reference, in: store, changing: changes, entry: nil)
  }

  /// The same with a model that need not be the registry's.
  /// - Parameter probe: Called whenever a checkpoint has got or lost a name, for tests; by the training too.
  convenience init(
    resuming reference: String, in store: RunStore, changing changes: ResumeChanges = ResumeChanges(),
    entry: ModelEntry?, probe: @escaping () throws -> Void = {}
  ) throws {
    if let run = try? store.run(reference), try run.labels().isEmpty {
      try self.init(beginning: run, changing: changes, entry: entry)
      return
    }
    let found = try Self.resolve(reference, in: store)
    guard let run = found.run else {
      throw TrainingError(
        .run, at: reference.terminalEscaped,
        "is a checkpoint file, but only a run can be resumed, by its name: 'zoo resume RUN' ('zoo runs' lists them)")
    }
    let clock = SecondsClock()
    let lock = try run.lock()
    let snapshot = try Snapshot.read(found.path)
    let (old, stored) = try Self.stored(in: snapshot, path: found.path)
    let settings = old.changed(by: changes)
    let course = RunCourse(of: run, from: found.path, stored, settings)
    var state = course.state
    // A run that has finished gets the names that a kill kept from it, too.
    if found.label == .last { try course.publish(probe: probe) }
    guard state.epochsDone < settings.epochs else {
      throw TrainingError(
        .run, at: run.name.terminalEscaped,
        "has finished all \(state.epochsDone) epochs; '--epochs N' with a larger number trains on")
    }
    if let stopping = state.earlyStopping, stopping.isOver(settings.earlyStopping) {
      throw TrainingError(
        .run, at: run.name.terminalEscaped,
        "stopped early after epoch \(state.epochsDone): \(stopping.summary(settings.earlyStopping)); '--early-stop N' with a "
          + "larger number trains on, and with 0 to the last epoch")
    }
    let preparation = try Preparation(settings, entry: entry)
    try preparation.checkFits(snapshot, state, path: found.path)
    var notices = try preparation.notices(about: old, state, of: run.name)
    notices += preparation.notices(aboutEpochsOf: snapshot, state)
    let batches = try preparation.loader.epoch(state.epochsDone, startingAt: state.batchesDone)
    let network = try preparation.network()
    try network.load(snapshot.net, of: preparation.entry, from: found.path)
    try network.loadOptimizerState(
      settings.optimizer.rule.tensors(of: snapshot.optimizer?.state ?? [:], step: snapshot.optimizer?.step ?? 0))
    if state.averageUpdates != nil { try network.loadAverage(snapshot.average, from: found.path) }
    state.platform = ExecutionOptions.platform
    if settings != old { try run.write(settings: JSONValue(encoding: settings)) }
    if preparation.differs(from: snapshot) {
      notices.append(
        "the images, their labels or what is put aside for validation are not those that the run began with; from here on "
          + "it trains on these")
    }
    try self.init(preparation, run, lock, network, state, batches, since: clock, notices: notices)
    self.probe = probe
    if found.label != .last {
      // What the log loses must not be part of what a resume after a crash goes on from.
      try course.keepLast()
      try save(as: [.last])
      try course.publish(probe: probe)
    }
    try log.rewind(toStep: state.step, size: state.logSize)
  }

  /// The checkpoint that is meant. A run that was killed just before its first `last` goes on from what there is.
  private static func resolve(_ reference: String, in store: RunStore) throws -> RunStore.Reference {
    if let run = try? store.run(reference), run.existing(.last) == nil, let label = try RunCourse.furthest(of: run) {
      return try store.resolve("\(reference)@\(label)")
    }
    return try store.resolve(reference)
  }

  /// Begins a run anew that stopped before its first checkpoint.
  private convenience init(beginning run: Run, changing changes: ResumeChanges, entry: ModelEntry?) throws {
    let clock = SecondsClock()
    let lock = try run.lock()
    let old: TrainingSettings = try run.settings().decoded(of: "settings", in: run.settingsPath)
    if let file = old.continued {
      throw TrainingError(
        .run, at: run.name.terminalEscaped,
        "was to go on with '\(file.terminalEscaped)' and ended before its first checkpoint, so it holds nothing to go on from; "
          + "remove the folder '\(run.folder.terminalEscaped)' and give 'zoo train --from' again")
    }
    let settings = old.changed(by: changes)
    let preparation = try Preparation(settings, entry: entry)
    let batches = try preparation.loader.epoch(0)
    if settings != old { try run.write(settings: JSONValue(encoding: settings)) }
    let network = try preparation.initialNetwork(preparation.startingWeights())
    try self.init(
      preparation, run, lock, network, TrainingState(), batches, since: clock,
      notices: ["the run stopped before its first checkpoint, so it begins anew"])
    try log.rewind(toStep: 0, size: 0)
  }

  private static func stored(in snapshot: Snapshot, path: String) throws -> (TrainingSettings, TrainingState) {
    guard snapshot.settings != .null, let state = snapshot.metrics["state"], snapshot.optimizer != nil else {
      throw TrainingError(
        .run, at: path.terminalEscaped,
        "holds a network but no training to go on with; evaluate or predict with it, or begin with 'zoo train'")
    }
    return (
      try snapshot.settings.decoded(of: "settings", in: path), try state.decoded(of: "state", in: path)
    )
  }
}

extension TrainingSettings {
  /// These settings with what the user wants different.
  func changed(by changes: ResumeChanges) -> TrainingSettings {
    var settings = self
    settings.epochs = changes.epochs ?? epochs
    settings.data = changes.data ?? data
    settings.validation = changes.validation ?? validation
    settings.threads = changes.threads ?? threads
    settings.workers = changes.workers ?? workers
    settings.device = changes.device ?? device
    settings.precision = changes.precision ?? precision
    if let patience = changes.earlyStoppingPatience {
      settings.earlyStopping.patience = patience == 0 ? nil : patience
    }
    settings.isDeterministic = changes.isDeterministic ?? isDeterministic
    return settings
  }
}

extension Preparation {
  /// Refuses to go on with other data or another network than the checkpoint's.
  func checkFits(_ snapshot: Snapshot, _ state: TrainingState, path: String) throws {
    let place = path.terminalEscaped
    if snapshot.architecture != entry.name {
      throw TrainingError(
        .mismatch, at: place,
        "is a checkpoint of '\((snapshot.architecture ?? "no architecture").terminalEscaped)', but the run trains '\(entry.name)'"
      )
    }
    if snapshot.classNames != classNames {
      let missing = snapshot.classNames.filter { !classNames.contains($0) }
      let added = classNames.filter { !snapshot.classNames.contains($0) }
      func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(8).map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
      }
      throw TrainingError(
        .mismatch, at: place,
        "was trained on \(snapshot.classNames.count) classes, and the data has \(classNames.count) now (missing: "
          + "\(list(missing)); new: \(list(added))); give the old data with '--data', or train anew")
    }
    let images = snapshot.metrics["images"]?.integer ?? loader.dataset.count
    if images != loader.dataset.count && state.batchesDone > 0 {
      throw TrainingError(
        .mismatch, at: place,
        "stands in the middle of an epoch of \(images) images, and the data has \(loader.dataset.count) now; give the old "
          + "data with '--data', or go on from the end of an epoch, such as RUN@best")
    }
    if state.batchesDone > 0 && differs(from: snapshot) {
      throw TrainingError(
        .mismatch, at: place,
        "stands in the middle of an epoch, and the images, their labels or what is put aside for validation are not the same "
          + "any more; give the old data with '--data', or go on from the end of an epoch, such as RUN@best")
    }
  }

  /// Whether the data is another than that of a checkpoint.
  func differs(from snapshot: Snapshot) -> Bool {
    guard let digest = snapshot.metrics["data"]?.string else { return false }
    return digest != data.digest
  }

  /// What the user should know about going on with other settings.
  /// - Throws: ``TrainingError`` where results would differ and the settings do not stand for that.
  func notices(
    about old: TrainingSettings, _ state: TrainingState, of run: String
  ) throws(TrainingError) -> [String] {
    var causes: [String] = []
    if old.threads != settings.threads {
      causes.append("with \(settings.threads) in place of \(old.threads) threads")
    }
    if old.precision != settings.precision {
      causes.append("in \(settings.precision.rawValue) in place of \(old.precision.rawValue)")
    }
    if let before = state.platform, before != ExecutionOptions.platform {
      causes.append("on \(ExecutionOptions.platform) in place of \(before.terminalEscaped)")
    }
    if settings.isDeterministic, !causes.isEmpty {
      throw TrainingError(
        .mismatch, at: run.terminalEscaped,
        "is to be deterministic, but \(causes.joined(separator: " and ")) its results would differ in the last bits; "
          + "go on as it began, or give '--no-deterministic'")
    }
    // Both kinds of bfloat16 multiply the same numbers.
    let isCoarse = (old.precision == .float32) != (settings.precision == .float32)
    var notices = causes.map { cause in
      let difference = isCoarse && cause.hasPrefix("in ") ? "by bfloat16's rounding" : "in the last bits"
      return "\(cause), results differ \(difference) from those of an uninterrupted training"
    }
    if old.epochs != settings.epochs { notices.append(scheduleNotice(old, state)) }
    return notices
  }

  /// What another number of epochs does to the schedule.
  private func scheduleNotice(_ old: TrainingSettings, _ state: TrainingState) -> String {
    let before = Schedule(
      old.schedule, learningRate: old.optimizer.learningRate, epochs: old.epochs, stepsPerEpoch: stepsPerEpoch)
    let change = "epochs changed from \(old.epochs) to \(settings.epochs)"
    let name = settings.schedule.shape.text
    guard settings.schedule.dependsOnEpochs else { return "\(change); the \(name) schedule does not depend on it" }
    let position = schedulePosition(state)
    let rates = [before, schedule].map { Self.shortRate($0.learningRate(atStep: position)) }
    return "\(change): the \(name) now ends there, so the learning rate goes on at \(rates[1]) in place of \(rates[0])"
  }

  /// What epochs of another length do to the schedule.
  func notices(aboutEpochsOf snapshot: Snapshot, _ state: TrainingState) -> [String] {
    guard let before = snapshot.metrics["steps_per_epoch"]?.integer, before != stepsPerEpoch else { return [] }
    let rate = schedule.learningRate(atStep: schedulePosition(state), plateau: state.plateau)
    return [
      "an epoch has \(stepsPerEpoch) steps in place of \(before): the schedule goes on where \(state.epochsDone) epochs of "
        + "\(settings.epochs) are over, at the learning rate \(Self.shortRate(rate))"
    ]
  }

  /// Four significant digits.
  private static func shortRate(_ rate: Double) -> String {
    guard rate > 0 else { return "0" }
    var digits = 0
    var scaled = rate
    while scaled < 1000, digits < 12 {
      scaled *= 10
      digits += 1
    }
    var unscaled = scaled.rounded()
    for _ in 0..<digits { unscaled /= 10 }
    return "\((unscaled * 1e12).rounded() / 1e12)"
  }
}
