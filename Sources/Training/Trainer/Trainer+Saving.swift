import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

extension Trainer {
  /// Saves everything that going on needs, under all names that it is due to.
  /// - Throws: When the disk is full or a parameter is not finite any more; the checkpoints that are there stay good.
  func save(isBest: Bool = false, isEndOfEpoch: Bool = false) throws {
    state.seconds += pace.uncounted()
    try log.synchronize()
    state.logSize = try log.size()
    var labels: [CheckpointLabel] = isEndOfEpoch && keepsThisEpoch ? [.epoch(state.epochsDone)] : []
    if isBest { labels.append(.best) }
    try save(as: labels + [.last])
  }

  /// Saves this moment under some names.
  func save(as labels: [CheckpointLabel]) throws {
    // The tensors are the network's own: nothing trains until they are on the disk.
    try network.withLentState { net, optimizerState, average in
      var snapshot = try snapshot(net, optimizerState)
      snapshot.average = average
      try save(snapshot, as: labels)
    }
  }

  private func save(_ snapshot: Snapshot, as labels: [CheckpointLabel]) throws {
    if let name = snapshot.net.nameOfNonFinite {
      throw TrainingError(
        .diverged, at: "epoch \(max(state.epochsDone, 1))",
        "'\(name)' holds numbers that are not finite, so it was not saved; earlier checkpoints of \(run.name) are good. "
          + "Train with a smaller --lr")
    }
    try run.save(snapshot, as: labels, probe: probe)
  }

  /// The training at this moment.
  private func snapshot(_ net: StateDict, _ optimizerState: [String: [String: Tensor]]) throws -> Snapshot {
    var snapshot = Snapshot(net: net)
    let rate = preparation.schedule.learningRate(
      atStep: preparation.schedulePosition(state), plateau: state.plateau)
    snapshot.architecture = preparation.entry.name
    snapshot.arguments = try JSONValue(encoding: preparation.arguments)
    snapshot.optimizer = OptimizerSnapshot(
      kind: settings.optimizer.kind.rawValue, step: state.optimizerStep,
      groups: try preparation.groups.snapshots(
        preparation.schedule, rate: rate,
        momentum: preparation.schedule.momentum(atStep: preparation.schedulePosition(state))),
      state: settings.optimizer.rule.completed(optimizerState, step: state.optimizerStep))
    snapshot.schedule = try scheduleState() ?? JSONValue(encoding: settings.schedule)
    snapshot.position = TrainingPosition(
      epoch: state.epochsDone, step: state.step, batchesDone: state.batchesDone)
    snapshot.seed = settings.seed
    snapshot.settings = try JSONValue(encoding: settings)
    snapshot.classNames = preparation.classNames
    snapshot.preprocessing = try JSONValue(parsing: preparation.data.preprocessing.evaluation.json)
    snapshot.metrics = try metrics()
    return snapshot
  }

  /// The schedule as PyTorch keeps it; `nil` where PyTorch has none like it.
  private func scheduleState() -> JSONValue? {
    let schedule = settings.schedule
    return preparation.schedule.torchState(
      step: preparation.schedulePosition(state), epochsDone: state.epochsDone,
      rateFactors: preparation.groups.groups.map(\.rateFactor),
      plateau: schedule.kind == .plateau
        ? (state.plateau ?? PlateauState(rate: settings.optimizer.learningRate), schedule.plateau) : nil,
      minimum: schedule.minimumRate, usesBeta1: settings.optimizer.kind.hyperparameters.contains(.beta1))
  }

  private func metrics() throws -> JSONValue {
    var metrics: JSONValue = [:]
    if let training = state.training {
      metrics["train_loss"] = .number(training.loss)
      metrics["train_top1"] = .number(training.top1)
    }
    if let validation = state.validation {
      metrics["val_loss"] = .number(validation.loss)
      metrics["val_top1"] = .number(validation.top1)
      metrics["val_top5"] = validation.top5.map(JSONValue.number)
    }
    metrics["steps_per_epoch"] = .integer(preparation.stepsPerEpoch)
    metrics["images"] = .integer(preparation.loader.dataset.count)
    metrics["data"] = .string(dataDigest)
    metrics["state"] = try JSONValue(encoding: state)
    return metrics
  }
}

extension StateDict {
  /// The first tensor of float32 with a number that is not finite.
  var nameOfNonFinite: String? {
    names.first { name in self[name].map { $0.dtype == .float32 && !$0.isFinite } ?? false }
  }
}

extension Tensor {
  /// Whether every element of a float32 tensor is finite: none of its exponents is all ones.
  fileprivate var isFinite: Bool {
    withUnsafeBytes { bytes in
      let exponents = UInt32(0x7F80_0000)
      var worst: UInt32 = 0
      for word in bytes.bindMemory(to: UInt32.self) { worst = Swift.max(worst, word & exponents) }
      return worst < exponents
    }
  }
}
