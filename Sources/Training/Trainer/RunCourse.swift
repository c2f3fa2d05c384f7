import Checkpoint

/// The checkpoints of a run that go with the one from which a training goes on.
///
/// Later ones are of a course that is abandoned, or of an epoch whose saving a kill cut short and which is repeated: they are
/// set aside. `best` and the checkpoint of an epoch that is kept can be missing after a kill: they get their names again.
struct RunCourse {
  /// Where training goes on, with the best epoch of which there is a checkpoint.
  private(set) var state: TrainingState
  private let run: Run
  private let settings: TrainingSettings
  /// The checkpoint from which training goes on.
  private let path: String
  /// The checkpoint that `best` is to be; `nil` when it is, and when there is none.
  private var best: String?

  /// Looks at the checkpoints of a run, and changes none.
  /// - Parameter path: The checkpoint that holds `state`.
  init(of run: Run, from path: String, _ state: TrainingState, _ settings: TrainingSettings) {
    (self.run, self.path, self.state, self.settings) = (run, path, state, settings)
    if let position = position(.best), position.epoch == state.best?.epoch, position.step <= state.step { return }
    if let epoch = state.best?.epoch, let file = file(ofEpoch: epoch) {
      best = file
    } else {
      // The best one is gone: of those that are left another is.
      var others = (state.bestFew ?? []).filter { file(ofEpoch: $0.epoch) != nil }
      if isAtEndOfEpoch, let metrics = state.validation ?? state.training {
        others.append(TrainingState.Best(epoch: state.epochsDone, metrics: metrics))
      }
      self.state.best = others.max { settings.checkpoints.bestBy.isBetter($1.metrics, than: $0.metrics) }
      best = (self.state.best?.epoch).flatMap(file)
    }
  }

  private var isAtEndOfEpoch: Bool { state.batchesDone == 0 && state.epochsDone > 0 }

  private func file(ofEpoch epoch: Int) -> String? {
    isAtEndOfEpoch && epoch == state.epochsDone ? path : run.existing(.epoch(epoch))
  }

  /// Where a checkpoint stands; `nil` when it is not there or cannot be read.
  private func position(_ label: CheckpointLabel) -> TrainingPosition? {
    run.existing(label).flatMap { try? CheckpointFile(opening: $0).snapshot().metadata.position }
  }

  /// Whether a checkpoint is of steps that are still to come.
  private func isAhead(_ label: CheckpointLabel) -> Bool { position(label).map { $0.step > state.step } ?? false }

  /// Keeps `last` aside, which is about to be replaced by an earlier one.
  func keepLast() throws { if isAhead(.last) { try run.keepAside(.last) } }

  /// Gives checkpoints their names. `last` is the one from which training goes on: a kill in between is made good by the next
  /// resume.
  /// - Parameter probe: Called between two steps, for tests.
  func publish(probe: () throws -> Void) throws {
    let epoch = state.epochsDone
    let isKept = settings.checkpoints.keeps(epoch: epoch) || state.bestFew?.contains { $0.epoch == epoch } ?? false
    if isAtEndOfEpoch, isKept, run.existing(.epoch(epoch)) == nil {
      try run.publish(path, as: .epoch(epoch))
      try probe()
    }
    if let best {
      if isAhead(.best) { try run.keepAside(.best) }
      try run.publish(best, as: .best)
      try probe()
    }
    let later = try run.labels().filter { label in
      if case .epoch(let number) = label { number > epoch } else { false }
    }
    try run.setAside(later)
    try probe()
  }

  /// The checkpoint with the most steps of a run that was killed before its first `last`.
  static func furthest(of run: Run) throws -> CheckpointLabel? {
    let positions = try run.labels().filter { $0 != .average }.map { label in
      (label, step: (try CheckpointFile(opening: run.path(of: label)).snapshot().metadata.position)?.step ?? -1)
    }
    return positions.max { $0.step < $1.step }?.0
  }
}
