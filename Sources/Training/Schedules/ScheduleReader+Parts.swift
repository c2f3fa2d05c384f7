import Checkpoint

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Schedulers that are made of others.
extension ScheduleReader {
  /// A warm-up with a scheduler after it, or any number of schedulers one after another.
  mutating func readSequence(_ state: JSONValue) throws(Unknown) {
    guard let parts = state["_schedulers"]?.array, let milestones = state["_milestones"]?.array?.compactMap(\.integer),
      parts.count == milestones.count + 1, parts.count > 1, (milestones.first ?? 0) > 0,
      zip(milestones, milestones.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw Unknown(reason: "its SequentialLR does not say its parts and where each ends") }
    if parts.count == 2, isWarmup(parts[0], until: milestones[0]),
      !isPart(parts[1], of: ["SequentialLR", "ChainedScheduler"])
    {
      try read(parts[1])
      // Two warm-ups are a sequence.
      if settings.warmupEpochs == 0 { return try readWarmup(parts[0]) }
      settings = ScheduleSettings(.constant, unit: settings.unit)
    }
    settings.kind = .sequence
    var start = 0
    for (index, part) in parts.enumerated() {
      var stage = try self.stage(part, in: "SequentialLR")
      if index < milestones.count {
        stage.epochs = Double(milestones[index] - start) / Double(unitsPerEpoch)
        start = milestones[index]
      }
      settings.stages.append(stage)
    }
  }

  /// Schedulers that are multiplied.
  mutating func readChain(_ state: JSONValue) throws(Unknown) {
    guard let parts = state["_schedulers"]?.array, !parts.isEmpty else {
      throw Unknown(reason: "its ChainedScheduler does not say its parts")
    }
    guard Set(parts.map { $0["last_epoch"]?.integer }).count == 1 else {
      throw Unknown(reason: "the parts of its ChainedScheduler have made different numbers of steps")
    }
    settings.kind = .product
    for part in parts {
      let stage = try self.stage(part, in: "ChainedScheduler")
      if stage.kind == .cosineRestarts || stage.minimumRate ?? 0 != 0 {
        throw Unknown(
          reason:
            "its ChainedScheduler has a \(part["kind"]?.string ?? "") that ends at a rate of its own, which is no "
            + "factor of the others")
      }
      settings.stages.append(stage)
    }
  }

  private func isPart(_ state: JSONValue, of kinds: [String]) -> Bool {
    state["kind"]?.string.map(kinds.contains) ?? false
  }

  /// Whether a scheduler rises to the full rate just where it ends.
  private func isWarmup(_ state: JSONValue, until milestone: Int) -> Bool {
    guard state["total_iters"]?.integer == milestone else { return false }
    return isPart(state, of: ["ConstantLR"]) || isPart(state, of: ["LinearLR"]) && state["end_factor"]?.double == 1
  }

  /// A scheduler among several.
  private func stage(_ state: JSONValue, in whole: String) throws(Unknown) -> ScheduleSettings.Stage {
    typealias Stage = ScheduleSettings.Stage
    let kind = state["kind"]?.string ?? "a scheduler that is not known"
    func stage(_ kind: ScheduleSettings.Kind, _ values: [(Stage.Option, Double)]) -> Stage {
      var stage = Stage(kind)
      for (option, value) in values { stage[option] = value }
      return stage
    }
    switch kind {
    case "ConstantLR":
      let factor = try number(state, "factor")
      return factor == 1
        ? Stage(.constant) : stage(.constant, [(.factor, factor), (.length, try epochs(state, "total_iters"))])
    case "LinearLR":
      return stage(
        .linear,
        [
          (.from, try number(state, "start_factor")), (.to, try number(state, "end_factor")),
          (.length, try epochs(state, "total_iters")),
        ])
    case "StepLR":
      return stage(.step, [(.stepEpochs, try epochs(state, "step_size")), (.gamma, try number(state, "gamma"))])
    case "MultiStepLR":
      var stage = stage(.multistep, [(.gamma, try number(state, "gamma"))])
      guard let milestones = state["milestones"]?.array?.compactMap(\.integer), milestones.allSatisfy({ $0 >= 0 })
      else {
        throw Unknown(reason: "its MultiStepLR does not say its milestones")
      }
      stage.milestones = milestones.map { Double($0) / Double(unitsPerEpoch) }.sorted()
      return stage
    case "ExponentialLR":
      return stage(.exponential, [(.gamma, pow(try number(state, "gamma"), Double(unitsPerEpoch)))])
    case "CosineAnnealingLR":
      return stage(
        .cosine, [(.length, try epochs(state, "T_max")), (.minimumRate, try number(state, "eta_min"))])
    case "CosineAnnealingWarmRestarts":
      return stage(
        .cosineRestarts,
        [
          (.restartEpochs, try epochs(state, "T_0")), (.restartFactor, Double(try self.whole(state, "T_mult"))),
          (.minimumRate, try number(state, "eta_min")),
        ])
    case "PolynomialLR":
      return stage(
        .polynomial, [(.length, try epochs(state, "total_iters")), (.power, try number(state, "power"))])
    case "SequentialLR", "ChainedScheduler", "ReduceLROnPlateau", "OneCycleLR":
      throw Unknown(reason: "its \(whole) has a \(kind) in it, which zoo takes by itself alone")
    default: throw Self.unknown(kind)
    }
  }
}
