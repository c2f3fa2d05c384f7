#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Schedule {
  /// The schedule of a training.
  /// - Parameters:
  ///   - settings: Lengths in epochs.
  ///   - epochs: The length of the training.
  ///   - stepsPerEpoch: Batches of an epoch, at least 1.
  public init(_ settings: ScheduleSettings, learningRate: Double, epochs: Int, stepsPerEpoch: Int) {
    let unitsPerEpoch = settings.unit == .step ? stepsPerEpoch : 1
    let warmup = Self.units(settings.warmupEpochs, unitsPerEpoch)
    let left = max(epochs * unitsPerEpoch - warmup, 1)
    self.init(
      learningRate: learningRate, warmup: warmup, warmupFactor: settings.warmupFactor,
      warmupShape: settings.warmupShape, curve: Curve(settings, unitsPerEpoch: unitsPerEpoch, left: left),
      stepsPerUnit: settings.unit == .step ? 1 : stepsPerEpoch)
  }

  /// Epochs in units.
  fileprivate static func units(_ epochs: Double, _ unitsPerEpoch: Int) -> Int {
    Int((epochs * Double(unitsPerEpoch)).rounded())
  }
}

extension Schedule.Curve {
  /// - Parameter left: Units from the end of warm-up to that of training.
  fileprivate init(_ settings: ScheduleSettings, unitsPerEpoch: Int, left: Int) {
    switch settings.kind {
    case .sequence:
      var rest = left
      let stages = settings.stages.map { stage in
        let length = max(stage.epochs.map { Schedule.units($0, unitsPerEpoch) } ?? rest, 1)
        rest = max(rest - length, 1)
        return Schedule.Stage(Self(stage, settings, unitsPerEpoch: unitsPerEpoch, left: length), length: length)
      }
      self = .sequence(stages)
    case .product:
      self = .product(settings.stages.map { Self($0, settings, unitsPerEpoch: unitsPerEpoch, left: left) })
    default: self.init(ScheduleSettings.Stage(settings.kind), settings, unitsPerEpoch: unitsPerEpoch, left: left)
    }
  }

  /// A part, with what is said for all where it says nothing itself.
  private init(
    _ stage: ScheduleSettings.Stage, _ settings: ScheduleSettings, unitsPerEpoch: Int, left: Int
  ) {
    func units(_ epochs: Double) -> Int { max(Schedule.units(epochs, unitsPerEpoch), 1) }
    // The parts of a sequence have lengths of their own.
    let length = stage.length.map(units) ?? (settings.kind == .sequence ? nil : settings.length.map(units)) ?? left
    let gamma = stage.gamma ?? settings.gamma
    let minimum = stage.minimumRate ?? settings.minimumRate
    switch stage.kind {
    case .sequence, .product: self = .constant
    case .constant:
      self = stage.factor.map { .hold(factor: $0, length: length) } ?? .constant
    case .linear: self = .linear(from: stage.from ?? 1, to: stage.to ?? 0, length: length)
    case .step: self = .step(size: units(stage.stepEpochs ?? Double(settings.stepEpochs)), gamma: gamma)
    case .multistep:
      let milestones = stage.milestones ?? settings.milestones.map(Double.init)
      self = .multistep(milestones: milestones.map { Schedule.units($0, unitsPerEpoch) }, gamma: gamma)
    case .exponential:
      self = .exponential(gamma: unitsPerEpoch == 1 ? gamma : pow(gamma, 1 / Double(unitsPerEpoch)))
    case .cosine: self = .cosine(length: length, minimum: minimum)
    case .cosineRestarts:
      self = .restarts(
        length: units(stage.restartEpochs ?? Double(settings.restartEpochs)),
        factor: stage.restartFactor.map { Int($0) } ?? settings.restartFactor, minimum: minimum)
    case .oneCycle:
      self = .oneCycle(
        Schedule.OneCycle(
          length: length, rise: settings.rise, divisor: settings.divisor, finalDivisor: settings.finalDivisor,
          annealing: settings.annealing, hasThreePhases: settings.hasThreePhases,
          momentum: settings.cyclesMomentum
            ? Schedule.OneCycle.Momentum(base: settings.baseMomentum, maximum: settings.maximumMomentum) : nil))
    case .polynomial: self = .polynomial(length: length, power: stage.power ?? settings.power)
    case .plateau: self = .plateau
    }
  }
}
