extension ScheduleSettings {
  /// What is wrong with these settings for a training of so many epochs, one sentence each.
  public func problems(epochs: Int, learningRate: Double) -> [String] {
    var problems = warmupProblems(epochs: epochs) + stageProblems(epochs: epochs, learningRate: learningRate)
    func require(_ kinds: Kind..., holds: Bool, _ problem: @autoclosure () -> String) {
      if !holds && self.kinds.contains(where: kinds.contains) { problems.append(problem()) }
    }
    require(
      .step, holds: (1...100_000).contains(stepEpochs),
      "the learning rate is to fall every \(stepEpochs) epochs; it must be in 1...100000")
    let hasOwnMilestones = kind != .multistep && stages.allSatisfy { $0.kind != .multistep || $0.milestones != nil }
    require(
      .multistep, holds: !milestones.isEmpty || hasOwnMilestones,
      "a multistep schedule needs '--milestones', such as 30,60,80")
    require(
      .multistep,
      holds: milestones.allSatisfy { (0...100_000).contains($0) }
        && zip(milestones, milestones.dropFirst()).allSatisfy { $0 <= $1 },
      "the milestones are \(milestones); they must be epochs in 0...100000 in ascending order")
    require(
      .step, .multistep, .exponential, holds: gamma > 0 && gamma <= 1,
      "the \(kind.rawValue) schedule multiplies by \(gamma); it must be above 0 and at most 1")
    // A learning rate that is wrong itself is reported once.
    require(
      .cosine, .cosineRestarts, .plateau,
      holds: minimumRate >= 0 && (minimumRate <= learningRate || !(learningRate > 0)),
      "the \(kind.rawValue) ends at \(minimumRate); it must be at least 0 and at most the learning rate")
    require(
      .cosineRestarts, holds: (1...100_000).contains(restartEpochs),
      "the first cosine takes \(restartEpochs) epochs; it must be in 1...100000")
    require(
      .cosineRestarts, holds: (1...1000).contains(restartFactor),
      "each cosine is \(restartFactor) times as long as the last; it must be in 1...1000")
    require(
      .polynomial, holds: power > 0 && power <= 100,
      "the power of the polynomial is \(power); it must be above 0 and at most 100")
    require(
      .oneCycle, holds: rise >= 0 && rise <= 1,
      "the learning rate rises in \(rise) of the cycle; it must be in 0...1")
    require(
      .oneCycle, holds: !hasThreePhases || rise <= 0.5,
      "the learning rate rises in \(rise) of a cycle of three phases; it must be at most 0.5")
    require(
      .oneCycle, holds: divisor >= 1 && finalDivisor >= 1 && divisor.isFinite && finalDivisor.isFinite,
      "one-cycle divides by \(divisor) and \(finalDivisor); both must be at least 1")
    require(
      .oneCycle, holds: baseMomentum >= 0 && baseMomentum <= maximumMomentum && maximumMomentum < 1,
      "the momentum cycles between \(maximumMomentum) and \(baseMomentum); both must be at least 0 and below 1, the first "
        + "not smaller")
    if kind == .plateau { problems += plateau.problems }
    if let length, !(length > 0 && length <= 100_000) {
      problems.append("the \(kind.rawValue) schedule takes \(length) epochs; it must be above 0")
    }
    return problems + superfluous
  }

  private func warmupProblems(epochs: Int) -> [String] {
    var problems: [String] = []
    if !(warmupEpochs.isFinite && warmupEpochs >= 0) {
      problems.append("the warm-up is \(warmupEpochs) epochs; it must be at least 0")
    } else if epochs > 0 && warmupEpochs > Double(epochs) {
      problems.append("the warm-up of \(warmupEpochs) epochs is longer than the training of \(epochs)")
    } else if unit == .epoch && warmupEpochs != warmupEpochs.rounded() {
      problems.append("the warm-up is \(warmupEpochs) epochs; a schedule by epoch needs a whole number")
    }
    if !(warmupFactor > 0 && warmupFactor <= 1) {
      problems.append("warm-up starts at \(warmupFactor) of the learning rate; it must be above 0 and at most 1")
    }
    if warmupEpochs == 0 && (warmupFactor != 0.01 || warmupShape != .linear) {
      problems.append("there is no warm-up, so nothing can be said of it; give '--warmup-epochs'")
    }
    if kind == .oneCycle && warmupEpochs > 0 {
      problems.append("one-cycle rises by itself and takes no warm-up; '--rise' says how long it rises")
    }
    return problems
  }

  private func stageProblems(epochs: Int, learningRate: Double) -> [String] {
    guard kind == .sequence || kind == .product else { return [] }
    var problems = stages.flatMap { $0.problems(learningRate: learningRate) }
    if stages.isEmpty { problems.append("the schedule has no parts") }
    if stages.contains(where: { $0.kind == .plateau }) {
      problems.append("a plateau cannot be a part of another schedule; give it alone, with '--warmup-epochs' if wanted")
    }
    if kind == .product {
      if stages.contains(where: { $0.kind == .oneCycle }) {
        problems.append("one-cycle cannot be multiplied with other schedules")
      }
      if minimumRate != 0 || stages.contains(where: { $0.minimumRate ?? 0 != 0 }) {
        problems.append("schedules that are multiplied end at 0; leave '--min-lr' out")
      }
      return problems
    }
    for stage in stages.dropLast() {
      guard let epochs = stage.epochs else {
        problems.append("'\(stage.kind.rawValue)' in the schedule needs its epochs, such as \(stage.kind.rawValue):5")
        continue
      }
      if !(epochs > 0 && epochs <= 100_000) || (unit == .epoch && epochs != epochs.rounded()) {
        problems.append(
          "'\(stage.kind.rawValue)' in the schedule takes \(epochs) epochs; it must be "
            + (unit == .epoch ? "a whole number above 0" : "above 0"))
      }
    }
    let begin = warmupEpochs + stages.dropLast().reduce(0) { $0 + ($1.epochs ?? 0) }
    if problems.isEmpty, let last = stages.last, begin >= Double(epochs) {
      problems.append(
        "'\(last.kind.rawValue)' in the schedule would begin after \(begin) epochs, and the training has \(epochs); leave "
          + "it out, or train longer")
    }
    if let last = stages.last?.epochs, !(last > 0 && last <= 100_000) {
      problems.append("the last part of the schedule takes \(last) epochs; it must be above 0")
    }
    return problems
  }

  /// What the kind has no use for.
  private var superfluous: [String] {
    let defaults = ScheduleSettings(kind)
    func unused(_ isGiven: Bool, _ name: String, by users: Kind...) -> String? {
      isGiven && !kinds.contains(where: users.contains)
        ? "the \(kind.rawValue) schedule takes no \(name); leave it out" : nil
    }
    let parts = length != nil && kind == .sequence
    return [
      unused(!milestones.isEmpty, "milestones", by: .multistep),
      parts
        ? "the parts of a sequence have epochs of their own, such as \(stages.last?.kind.rawValue ?? "cosine"):20; leave out "
          + "'--schedule-epochs'"
        : unused(length != nil, "'--schedule-epochs'", by: .cosine, .oneCycle, .polynomial, .linear),
      unused(stepEpochs != defaults.stepEpochs, "'--step-epochs'", by: .step),
      unused(![0.1, 0.95].contains(gamma), "gamma", by: .step, .multistep, .exponential),
      kind == .product ? nil : unused(minimumRate != 0, "'--min-lr'", by: .cosine, .cosineRestarts, .plateau),
      unused(rise != defaults.rise, "'--rise'", by: .oneCycle),
      unused(divisor != defaults.divisor, "'--divisor'", by: .oneCycle),
      unused(finalDivisor != defaults.finalDivisor, "'--final-divisor'", by: .oneCycle),
      unused(annealing != defaults.annealing, "'--annealing'", by: .oneCycle),
      unused(hasThreePhases, "'--three-phases'", by: .oneCycle),
      unused(restartEpochs != defaults.restartEpochs, "'--restart-epochs'", by: .cosineRestarts),
      unused(restartFactor != defaults.restartFactor, "'--restart-factor'", by: .cosineRestarts),
      cyclesMomentum && kind != .oneCycle
        ? "the \(kind.rawValue) schedule does not cycle the momentum; leave out '--cycle-momentum'" : nil,
      !cyclesMomentum
        && (baseMomentum != defaults.baseMomentum || maximumMomentum != defaults.maximumMomentum)
        ? "the momentum does not cycle; give '--cycle-momentum' with '--base-momentum' and '--max-momentum'" : nil,
      unused(power != defaults.power, "power", by: .polynomial),
      unused(plateau != defaults.plateau, "options of a plateau", by: .plateau),
    ].compactMap(\.self)
  }
}
