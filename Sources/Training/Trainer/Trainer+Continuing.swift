public import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// A training that was begun elsewhere, such as by a PyTorch script: its file, read as far as it can go on here.
public struct ForeignTraining {
  /// The file.
  public let path: String
  /// The optimizer with its hyper-parameters; the file's other settings are not known.
  public let optimizer: OptimizerSettings
  /// Epochs that are done, when the file says so.
  public let epochsDone: Int?

  let snapshot: LazySnapshot

  /// Reads what a file of any format says of a training; tensors are not read yet.
  /// - Throws: ``TrainingError`` when it holds no optimizer, or one that trains otherwise than those here.
  public init(opening path: String) throws {
    self.path = path
    snapshot = try CheckpointFile(opening: path).snapshot()
    epochsDone = snapshot.metadata.position?.epoch
    guard let stored = snapshot.metadata.optimizer else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds no optimizer, so there is no training to go on with ('zoo inspect' shows what it holds)")
    }
    optimizer = try OptimizerSettings(stored, path: path)
  }

  /// The schedule that the file says; `nil` when it says none.
  /// - Parameter epochsDone: Epochs that are done; what the file says when `nil`.
  /// - Throws: ``TrainingError`` for a scheduler that there is none like here.
  func schedule(epochsDone: Int?) throws(TrainingError) -> ForeignSchedule? {
    let state = snapshot.metadata.schedule
    guard state["last_epoch"] != nil || state["_schedulers"] != nil else { return nil }
    let groups = snapshot.metadata.optimizer?.groups ?? []
    let group = groups.max { $0.parameters.count < $1.parameters.count }?.hyperparameters ?? [:]
    do {
      return try ForeignSchedule(
        state, epochsDone: epochsDone ?? self.epochsDone ?? 0, steps: snapshot.metadata.optimizer?.step ?? 0,
        group: group)
    } catch {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds a learning-rate scheduler that zoo cannot go on with: \(error.reason); say with '--schedule' how the "
          + "learning rate is to change")
    }
  }

  /// The settings of the schedule that the file says, and the full rate with it; `nil` when it says none.
  /// - Parameter epochsDone: Epochs that are done; what the file says when `nil`.
  /// - Throws: ``TrainingError`` for a scheduler that there is none like here.
  public func schedule(
    epochsDone: Int? = nil
  ) throws(TrainingError) -> (settings: ScheduleSettings, learningRate: Double?)? {
    let found: ForeignSchedule? = try schedule(epochsDone: epochsDone)
    return found.map { ($0.settings, $0.learningRate) }
  }
}

extension Trainer {
  /// Goes on with a training that was begun elsewhere, in a run of its own: its weights, its optimizer with all its state,
  /// and its epoch. The first checkpoint is saved at once.
  /// - Parameters:
  ///   - foreign: The training. Its optimizer is taken from `settings`, which may change hyper-parameters but not the kind.
  ///   - epochsDone: Epochs that are done; what the file says when `nil`.
  ///   - settings: What to do, with the epochs of the whole training.
  ///   - name: The name of the run; the model's, with a number, when `nil`.
  ///   - store: Where the run is kept.
  /// - Throws: ``TrainingError`` with every tensor that does not fit, or when all epochs are done.
  public convenience init(
    continuing foreign: ForeignTraining, epochsDone: Int? = nil, _ settings: TrainingSettings, run name: String? = nil,
    in store: RunStore = RunStore()
  ) throws {
    let clock = SecondsClock()
    let beginning = try TrainingBeginning(continuing: foreign, epochsDone: epochsDone, settings)
    let preparation = beginning.preparation
    let batches = try preparation.loader.epoch(beginning.state.epochsDone)
    let run = try store.createRun(
      name, model: preparation.settings.model, settings: JSONValue(encoding: preparation.settings))
    try self.init(
      preparation, run, try run.lock(), beginning.network, beginning.state, batches, since: clock,
      notices: beginning.notices)
    // A crash before the first epoch's end must not begin anew with other weights; one before this is told by the settings.
    try save()
  }
}

extension OptimizerSettings {
  /// The hyper-parameters of a checkpoint, under PyTorch's names or ours.
  init(_ stored: OptimizerSnapshot, path: String) throws(TrainingError) {
    let place = path.terminalEscaped
    guard let kind = Kind(rawValue: stored.kind) else {
      throw TrainingError(
        .mismatch, at: place,
        "was trained with '\(stored.kind.terminalEscaped)'; there are: "
          + Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    // The largest group is what the others differ from.
    let groups = stored.groups.filter { !$0.parameters.isEmpty }.sorted { $0.parameters.count > $1.parameters.count }
    let common = groups.map { Self.common($0.hyperparameters) }
    guard let values = groups.first?.hyperparameters, common.allSatisfy({ $0 == common[0] }) else {
      throw TrainingError(
        .mismatch, at: place,
        "has \(groups.count) parameter groups that differ in more than learning rate and weight decay; a training can go on "
          + "with groups that differ in these")
    }
    for (key, usual) in Self.fixed where values[key].map({ Self.number($0) != usual }) ?? false {
      throw TrainingError(
        .mismatch, at: place, "was trained with \(key) = \(values[key]?.text() ?? ""), which is not supported")
    }
    func value(_ names: String...) -> Double? { names.lazy.compactMap { values[$0].flatMap(Self.number) }.first }
    func flag(_ name: String) -> Bool { value(name).map { $0 != 0 } ?? false }
    let betas = values["betas"]?.array?.compactMap(\.double) ?? []
    self.init(
      kind, learningRate: value("initial_lr", "lr"), momentum: value("momentum"), dampening: value("dampening"),
      nesterov: flag("nesterov"), weightDecay: value("weight_decay"), beta1: betas.first ?? value("beta1"),
      beta2: betas.dropFirst().first ?? value("beta2"), epsilon: value("eps"), amsgrad: flag("amsgrad"),
      alpha: value("alpha"), centered: flag("centered"), rateDecay: value("lr_decay"),
      initialAccumulator: value("initial_accumulator_value"), momentumDecay: value("momentum_decay"),
      decoupledWeightDecay: kind == .nadam && flag("decoupled_weight_decay"),
      overrides: try Self.overrides(groups, at: place))
  }

  /// What groups must have in common.
  private static func common(_ hyperparameters: JSONValue) -> JSONValue {
    var common = hyperparameters
    for key in ["lr", "initial_lr", "max_lr", "min_lr", "weight_decay"] { common[key] = nil }
    return common
  }

  /// What groups have different from the first.
  private static func overrides(
    _ groups: [OptimizerSnapshot.ParameterGroup], at place: String
  ) throws(TrainingError) -> [ParameterOverride] {
    func rate(_ group: OptimizerSnapshot.ParameterGroup) -> Double? {
      ["initial_lr", "lr"].lazy.compactMap { group.hyperparameters[$0]?.double }.first
    }
    func decay(_ group: OptimizerSnapshot.ParameterGroup) -> Double? { group.hyperparameters["weight_decay"]?.double }
    guard let first = groups.first else { return [] }
    var overrides: [ParameterOverride] = []
    for group in groups.dropFirst() {
      var override = ParameterOverride(group.parameters)
      if let own = rate(group), let base = rate(first), own != base { override.rateFactor = own / base }
      if let own = decay(group), own != decay(first) { override.weightDecay = own }
      if let factor = override.rateFactor, !factor.isFinite || factor <= 0 {
        throw TrainingError(
          .mismatch, at: place,
          "has a parameter group with learning rate \(rate(group) ?? 0) beside one with \(rate(first) ?? 0); zoo multiplies "
            + "rates, which needs numbers above 0")
      }
      if override.rateFactor != nil || override.weightDecay != nil { overrides.append(override) }
    }
    return overrides
  }

  /// Hyper-parameters of PyTorch that change the rule, and the only value that they may have.
  private static let fixed = [("maximize", 0.0)]

  private static func number(_ value: JSONValue) -> Double? { value.bool.map { $0 ? 1 : 0 } ?? value.double }

  /// The tensors that this rule goes on from.
  /// - Throws: ``TrainingError`` when there are others, which would be lost, or numbers that do not follow from the step.
  func state(
    in stored: OptimizerSnapshot?, path: String
  ) throws(TrainingError) -> [String: [String: Tensor]] {
    let scalars = rule.scalars(afterStep: stored?.step ?? 0)
    var result: [String: [String: Tensor]] = [:]
    for (parameter, slots) in stored?.state ?? [:] {
      for (slot, tensor) in slots where slot != "step" {
        // Without momentum, SGD's buffer means nothing.
        if kind == .sgd && momentum == 0 && slot == "momentum_buffer" { continue }
        if let expected = scalars[slot] {
          guard tensor.dtype == .float32, let found = tensor.elements(as: Float.self).first,
            abs(found - expected) <= 1e-4 * max(expected, 1e-4)
          else {
            throw TrainingError(
              .mismatch, at: path.terminalEscaped,
              "'\(slot)' of \(parameter.terminalEscaped) is not \(expected), as it is after \(stored?.step ?? 0) steps with these "
                + "hyper-parameters; go on with those that it was trained with")
          }
          continue
        }
        guard rule.slots.contains(slot) else {
          throw TrainingError(
            .mismatch, at: path.terminalEscaped,
            "holds '\(slot.terminalEscaped)' of \(parameter.terminalEscaped), which \(kind.rawValue) here has no use for"
          )
        }
        result[parameter, default: [:]][slot] = tensor
      }
    }
    return rule.tensors(of: result, step: stored?.step ?? 0)
  }
}
