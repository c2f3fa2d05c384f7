import Checkpoint

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A schedule that PyTorch began.
struct ForeignSchedule: Sendable {
  /// What gives the same rates.
  var settings: ScheduleSettings
  /// What a plateau has come to.
  var plateau: PlateauState?
  /// The full rate, where the optimizer's group calls another by that name.
  var learningRate: Double?

  /// Why a scheduler cannot be gone on with.
  struct Unknown: Error {
    let reason: String
  }

  /// Reads a scheduler's state.
  /// - Parameters:
  ///   - state: As ``Snapshot/schedule`` has it.
  ///   - epochsDone: Epochs that are done.
  ///   - steps: The steps that the optimizer has made; 0 when it does not count them.
  ///   - group: The hyper-parameters of the largest parameter group.
  init(_ state: JSONValue, epochsDone: Int, steps: Int, group: JSONValue) throws(Unknown) {
    // A ChainedScheduler counts no steps itself.
    let position = state["last_epoch"]?.integer ?? state["_schedulers"]?.array?.first?["last_epoch"]?.integer
    var settings = ScheduleSettings(.constant, unit: .epoch)
    var unitsPerEpoch = 1
    if position != epochsDone, state["kind"]?.string != "ReduceLROnPlateau" {
      // SGD does not count its steps.
      guard let position, epochsDone > 0, position % epochsDone == 0, position > 0, steps == 0 || position == steps
      else {
        throw Unknown(
          reason: "it has made \(position.map(String.init) ?? "an unknown number of") steps, which fits neither the "
            + "\(epochsDone) epochs nor the \(steps) steps that are done")
      }
      settings.unit = .step
      unitsPerEpoch = position / epochsDone
    }
    var reader = ScheduleReader(settings: settings, unitsPerEpoch: unitsPerEpoch, group: group)
    try reader.read(state)
    self.settings = reader.settings
    plateau = reader.plateau
    learningRate = reader.learningRate
  }
}

/// Translates the members of state dicts.
struct ScheduleReader {
  var settings: ScheduleSettings
  let unitsPerEpoch: Int
  let group: JSONValue
  var plateau: PlateauState?
  var learningRate: Double?

  typealias Unknown = ForeignSchedule.Unknown

  mutating func read(_ state: JSONValue) throws(Unknown) {
    let kind = state["kind"]?.string ?? "a scheduler that is not known"
    switch kind {
    case "ConstantLR" where state["factor"]?.double == 1 || state["total_iters"]?.integer == 0:
      settings.kind = .constant
    case "ConstantLR", "LinearLR": try readWarmup(state)
    case "StepLR":
      settings.kind = .step
      settings.stepEpochs = try wholeEpochs(state, "step_size")
      settings.gamma = try number(state, "gamma")
    case "MultiStepLR":
      settings.kind = .multistep
      guard let milestones = state["milestones"]?.array?.compactMap(\.integer),
        milestones.allSatisfy({ $0 >= 0 && $0 % unitsPerEpoch == 0 })
      else { throw Unknown(reason: "its milestones are not at the ends of epochs") }
      settings.milestones = milestones.map { $0 / unitsPerEpoch }.sorted()
      settings.gamma = try number(state, "gamma")
    case "ExponentialLR":
      settings.kind = .exponential
      settings.gamma = pow(try number(state, "gamma"), Double(unitsPerEpoch))
    case "CosineAnnealingLR":
      settings.kind = .cosine
      settings.length = try epochs(state, "T_max")
      settings.minimumRate = try number(state, "eta_min")
    case "CosineAnnealingWarmRestarts":
      settings.kind = .cosineRestarts
      settings.restartEpochs = try wholeEpochs(state, "T_0")
      settings.restartFactor = try whole(state, "T_mult")
      settings.minimumRate = try number(state, "eta_min")
    case "PolynomialLR":
      settings.kind = .polynomial
      settings.length = try epochs(state, "total_iters")
      settings.power = try number(state, "power")
    case "OneCycleLR": try readOneCycle(state)
    case "ReduceLROnPlateau": try readPlateau(state)
    case "SequentialLR": try readSequence(state)
    case "ChainedScheduler": try readChain(state)
    default: throw Self.unknown(kind)
    }
  }

  /// Why a kind is not known.
  static func unknown(_ kind: String) -> Unknown {
    switch kind {
    case "LambdaLR":
      Unknown(
        reason: "its rates come from code (LambdaLR or MultiplicativeLR), which is not in the file and would not be run"
      )
    default: Unknown(reason: "zoo has no \(kind.terminalEscaped)")
    }
  }

  mutating func readWarmup(_ state: JSONValue) throws(Unknown) {
    settings.warmupEpochs = try epochs(state, "total_iters")
    if state["kind"] == "ConstantLR" {
      settings.warmupShape = .constant
      settings.warmupFactor = try number(state, "factor")
    } else {
      guard state["end_factor"]?.double == 1 else {
        throw Unknown(reason: "its LinearLR does not end at the full rate")
      }
      settings.warmupFactor = try number(state, "start_factor")
    }
  }

  private mutating func readOneCycle(_ state: JSONValue) throws(Unknown) {
    if state["cycle_momentum"]?.bool != false {
      guard let base = group["base_momentum"]?.double, let maximum = group["max_momentum"]?.double else {
        throw Unknown(reason: "its OneCycleLR changes the momentum, and the optimizer does not say from where to where")
      }
      (settings.cyclesMomentum, settings.baseMomentum, settings.maximumMomentum) = (true, base, maximum)
    }
    let phases = state["_schedule_phases"]?.array ?? []
    guard let first = phases.first?["end_step"]?.double, (2...3).contains(phases.count),
      let highest = group["max_lr"]?.double, let initial = group["initial_lr"]?.double,
      let lowest = group["min_lr"]?.double, initial > 0, lowest > 0
    else { throw Unknown(reason: "its OneCycleLR does not say its phases and rates") }
    settings.kind = .oneCycle
    settings.length = try epochs(state, "total_steps")
    settings.rise = (first + 1) / (try number(state, "total_steps"))
    settings.divisor = highest / initial
    settings.finalDivisor = initial / lowest
    settings.hasThreePhases = phases.count == 3
    settings.annealing = state["_anneal_func_type"] == "linear" ? .linear : .cosine
    learningRate = highest
  }

  private mutating func readPlateau(_ state: JSONValue) throws(Unknown) {
    settings.kind = .plateau
    settings.plateau.metric = state["mode"] == "max" ? .top1 : .loss
    settings.plateau.thresholdMode = state["threshold_mode"] == "abs" ? .absolute : .relative
    settings.plateau.factor = try number(state, "factor")
    settings.plateau.patience = try whole(state, "patience")
    settings.plateau.threshold = try number(state, "threshold")
    settings.plateau.cooldown = try whole(state, "cooldown")
    guard let minima = state["min_lrs"]?.array?.compactMap(\.double), let minimum = minima.first,
      let rate = group["lr"]?.double
    else { throw Unknown(reason: "its ReduceLROnPlateau does not say its rates") }
    settings.minimumRate = minimum
    var plateau = PlateauState(rate: rate)
    if let best = state["best"]?.double, best.isFinite { plateau.best = best }
    plateau.badEpochs = try whole(state, "num_bad_epochs")
    plateau.cooldown = try whole(state, "cooldown_counter")
    self.plateau = plateau
  }

  func number(_ state: JSONValue, _ key: String) throws(Unknown) -> Double {
    guard let value = state[key]?.double, value.isFinite else { throw Unknown(reason: "it does not say its \(key)") }
    return value
  }

  func whole(_ state: JSONValue, _ key: String) throws(Unknown) -> Int {
    guard let value = state[key]?.integer, (0...1_000_000_000).contains(value) else {
      throw Unknown(reason: "its \(key) is no number of steps")
    }
    return value
  }

  func epochs(_ state: JSONValue, _ key: String) throws(Unknown) -> Double {
    Double(try whole(state, key)) / Double(unitsPerEpoch)
  }

  private func wholeEpochs(_ state: JSONValue, _ key: String) throws(Unknown) -> Int {
    let value = try whole(state, key)
    guard value % unitsPerEpoch == 0 else { throw Unknown(reason: "its \(key) is no whole number of epochs") }
    return value / unitsPerEpoch
  }
}
