import Checkpoint

/// Which epochs keep a checkpoint under their number.
extension Trainer {
  /// Takes the epoch that ended among the best few, when it is one of them.
  func rank(_ metrics: EpochMetrics) {
    let checkpoints = settings.checkpoints
    guard checkpoints.bestCount > 0 else { return }
    // A checkpoint that somebody removed takes nobody's place.
    var best = (state.bestFew ?? []).filter { run.existing(.epoch($0.epoch)) != nil }
    let place = best.firstIndex { checkpoints.bestBy.isBetter(metrics, than: $0.metrics) } ?? best.count
    best.insert(TrainingState.Best(epoch: state.epochsDone, metrics: metrics), at: place)
    state.bestFew = Array(best.prefix(checkpoints.bestCount))
  }

  /// Whether the epoch that ended is kept under its number.
  var keepsThisEpoch: Bool {
    let epoch = state.epochsDone
    return settings.keepsEveryEpoch || settings.checkpoints.keeps(epoch: epoch)
      || state.bestFew?.contains { $0.epoch == epoch } ?? false
  }

  /// Removes the checkpoints of epochs that are not among the best few any more. What takes their place is on the disk, and
  /// the `last` that is there, which was saved after that, knows that they are gone.
  func removeSurpassed() throws {
    guard settings.checkpoints.bestCount > 0, !settings.keepsEveryEpoch else { return }
    let kept = Set((state.bestFew ?? []).map(\.epoch))
    let surpassed = try run.labels().filter { label in
      guard case .epoch(let epoch) = label else { return false }
      return epoch <= state.epochsDone && !kept.contains(epoch) && !settings.checkpoints.keeps(epoch: epoch)
    }
    try run.remove(surpassed, probe: probe)
  }
}
