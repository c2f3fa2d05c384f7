import Checkpoint

/// What PyTorch needs to go on with a schedule.
extension Schedule {
  /// The state dict of the scheduler of PyTorch that gives the same rates from here on, with its name as `kind`; `nil`
  /// where PyTorch has none.
  /// - Parameters:
  ///   - step: Steps done.
  ///   - epochsDone: Epochs done, which are what a plateau counts.
  ///   - rateFactors: What each parameter group's rate is multiplied with.
  ///   - plateau: What a plateau has come to, and how it was told to.
  ///   - usesBeta1: Whether a momentum that cycles is the optimizer's beta1.
  func torchState(
    step: Int, epochsDone: Int, rateFactors: [Double], plateau: (state: PlateauState, settings: PlateauSettings)?,
    minimum: Double, usesBeta1: Bool = false
  ) -> JSONValue? {
    let position = step / stepsPerUnit
    if case .plateau = curve {
      guard let plateau, warmup == 0 else { return nil }
      return plateau.settings.torchState(plateau.state, epochsDone: epochsDone, rateFactors, minimum: minimum)
    }
    let now = learningRate(at: position)
    var parts: [(curve: Curve?, length: Int)] = warmup > 0 ? [(nil, warmup)] : []
    if case .sequence(let stages) = curve {
      parts += stages.map { ($0.curve, $0.length) }
    } else {
      parts.append((curve, .max))
    }
    if parts.count == 1, let curve = parts[0].curve {
      return state(of: curve, at: position, rate: now, rateFactors, usesBeta1: usesBeta1)
    }
    // PyTorch's SequentialLR cannot set a ChainedScheduler to its beginning.
    if parts.contains(where: { if case .product = $0.curve { true } else { false } }) { return nil }
    var (start, states, milestones) = (0, [JSONValue](), [Int]())
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      // A part that is over keeps its last position; one that is to come stands before its first.
      let own = position < start ? -1 : isLast ? position - start : min(position - start, part.length - 1)
      guard
        let state = part.curve.map({ state(of: $0, at: own, rate: now, rateFactors) })
          ?? warmupState(own, now, rateFactors)
      else { return nil }
      states.append(state)
      if !isLast {
        start += part.length
        milestones.append(start)
      }
    }
    return [
      "kind": "SequentialLR", "_milestones": .array(milestones.map { .integer($0) }), "last_epoch": .integer(position),
      "_last_lr": Self.rates(now, rateFactors), "_schedulers": .array(states),
    ]
  }

  private func warmupState(_ position: Int, _ now: Double, _ rateFactors: [Double]) -> JSONValue {
    switch warmupShape {
    case .linear:
      common(
        "LinearLR",
        ["start_factor": .number(warmupFactor), "end_factor": 1.0, "total_iters": .integer(warmup)], at: position, now,
        rateFactors)
    case .constant:
      common(
        "ConstantLR", ["factor": .number(warmupFactor), "total_iters": .integer(warmup)], at: position, now, rateFactors
      )
    }
  }

  private func state(
    of curve: Curve, at position: Int, rate now: Double, _ rateFactors: [Double], usesBeta1: Bool = false
  ) -> JSONValue? {
    func state(_ kind: String, _ members: JSONValue) -> JSONValue {
      common(kind, members, at: position, now, rateFactors)
    }
    switch curve {
    case .constant: return state("ConstantLR", ["factor": 1.0, "total_iters": 0])
    case .hold(let factor, let length):
      return state("ConstantLR", ["factor": .number(factor), "total_iters": .integer(length)])
    case .linear(let from, let to, let length):
      return state(
        "LinearLR",
        ["start_factor": .number(from), "end_factor": .number(to), "total_iters": .integer(length)])
    case .step(let size, let gamma):
      return state("StepLR", ["step_size": .integer(size), "gamma": .number(gamma)])
    case .multistep(let milestones, let gamma):
      return state(
        "MultiStepLR", ["milestones": .array(milestones.map { .integer($0) }), "gamma": .number(gamma)])
    case .exponential(let gamma): return state("ExponentialLR", ["gamma": .number(gamma)])
    case .cosine(let length, let minimum):
      return state("CosineAnnealingLR", ["T_max": .integer(length), "eta_min": .number(minimum)])
    case .restarts(let length, let factor, let minimum):
      let (passed, current) = Curve.cycle(at: max(position, 0), length: length, factor: factor)
      return state(
        "CosineAnnealingWarmRestarts",
        [
          "T_0": .integer(length), "T_i": .integer(current), "T_mult": .integer(factor), "eta_min": .number(minimum),
          "T_cur": .integer(passed),
        ])
    case .polynomial(let length, let power):
      return state("PolynomialLR", ["total_iters": .integer(length), "power": .number(power)])
    case .oneCycle(let cycle):
      var members = state("OneCycleLR", cycle.torchMembers(usesBeta1: usesBeta1))
      members["base_lrs"] = Self.rates(learningRate / cycle.divisor, rateFactors)
      return members
    case .product(let curves):
      // A cosine with restarts takes no account of the others there.
      if curves.contains(where: { if case .restarts = $0 { true } else { false } }) { return nil }
      let states = curves.compactMap {
        self.state(of: $0, at: position, rate: $0.rate(at: position, from: 1), rateFactors)
      }
      guard states.count == curves.count else { return nil }
      return [
        "kind": "ChainedScheduler", "_last_lr": Self.rates(now, rateFactors), "_schedulers": .array(states),
      ]
    case .plateau, .sequence: return nil
    }
  }

  private func common(
    _ kind: String, _ members: JSONValue, at position: Int, _ now: Double, _ rateFactors: [Double]
  ) -> JSONValue {
    var state: JSONValue = ["kind": .string(kind)]
    for key in members.keys { state[key] = members[key] }
    state["base_lrs"] = Self.rates(learningRate, rateFactors)
    state["last_epoch"] = .integer(position)
    state["_step_count"] = .integer(position + 1)
    state["_is_initial"] = false
    state["_get_lr_called_within_step"] = false
    state["_last_lr"] = Self.rates(now, rateFactors)
    return state
  }

  /// A rate for each parameter group.
  static func rates(_ rate: Double, _ factors: [Double]) -> JSONValue { .array(factors.map { .number(rate * $0) }) }

  /// What PyTorch keeps of a schedule in each parameter group, besides its rate.
  func torchGroupMembers(rateFactor: Double) -> [(name: String, value: Double)] {
    guard case .oneCycle(let cycle) = curve else { return [("initial_lr", learningRate * rateFactor)] }
    let first = learningRate / cycle.divisor * rateFactor
    let rates = [
      ("initial_lr", first), ("max_lr", learningRate * rateFactor), ("min_lr", first / cycle.finalDivisor),
    ]
    guard let momentum = cycle.momentum else { return rates }
    return rates + [("max_momentum", momentum.maximum), ("base_momentum", momentum.base)]
  }
}

extension Schedule.OneCycle {
  /// `OneCycleLR`'s own members.
  fileprivate func torchMembers(usesBeta1: Bool) -> JSONValue {
    let names = hasThreePhases ? ["initial_lr", "max_lr", "initial_lr", "min_lr"] : ["initial_lr", "max_lr", "min_lr"]
    let phases = phases(highest: 1).enumerated().map { index, phase -> JSONValue in
      [
        "end_step": .number(phase.end), "start_lr": .string(names[index]), "end_lr": .string(names[index + 1]),
        "start_momentum": index == 1 ? "base_momentum" : "max_momentum",
        "end_momentum": index == 0 ? "base_momentum" : "max_momentum",
      ]
    }
    return [
      "total_steps": .integer(length), "_schedule_phases": .array(phases),
      "_anneal_func_type": annealing == .cosine ? "cos" : "linear", "cycle_momentum": .bool(momentum != nil),
      "use_beta1": .bool(momentum != nil && usesBeta1),
    ]
  }
}

extension PlateauSettings {
  /// `ReduceLROnPlateau`'s members.
  fileprivate func torchState(
    _ state: PlateauState, epochsDone: Int, _ rateFactors: [Double], minimum: Double
  ) -> JSONValue {
    let worst = metric == .loss ? Double.infinity : -.infinity
    return [
      "kind": "ReduceLROnPlateau", "factor": .number(factor), "default_min_lr": .number(minimum),
      "min_lrs": Schedule.rates(minimum, rateFactors), "patience": .integer(patience), "cooldown": .integer(cooldown),
      "eps": .number(PlateauState.smallestReduction), "last_epoch": .integer(epochsDone),
      "_last_lr": Schedule.rates(state.rate, rateFactors), "mode_worse": .number(worst),
      "mode": metric == .loss ? "min" : "max", "threshold": .number(threshold),
      "threshold_mode": thresholdMode == .relative ? "rel" : "abs", "best": .number(state.best ?? worst),
      "cooldown_counter": .integer(state.cooldown), "num_bad_epochs": .integer(state.badEpochs),
    ]
  }
}
