public import Checkpoint

extension Run {
  /// The epochs whose checkpoints the training keeps by what it was told, as its `last` says: the best few and every Nth.
  ///
  /// All are, while the run has no `last`: one of them is what it goes on from. None are when `last` holds no training.
  /// - Throws: When `last` cannot be read.
  public func keptEpochs() throws -> Set<Int> {
    let epochs = try labels().compactMap { if case .epoch(let epoch) = $0 { epoch } else { nil } }
    guard let path = existing(.last) else { return Set(epochs) }
    let metadata = try CheckpointFile(opening: path).snapshot().metadata
    guard metadata.settings != .null, let stored = metadata.metrics["state"] else { return [] }
    let settings: TrainingSettings = try metadata.settings.decoded(of: "settings", in: path)
    let state: TrainingState = try stored.decoded(of: "state", in: path)
    return Set((state.bestFew ?? []).map(\.epoch) + epochs.filter(settings.checkpoints.keeps))
  }
}
