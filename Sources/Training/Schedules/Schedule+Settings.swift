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
        return Schedule.Stage(Self(stage.kind, settings, unitsPerEpoch: unitsPerEpoch, left: length), length: length)
      }
      self = .sequence(stages)
    case .product:
      self = .product(
        settings.stages.map { Self($0.kind, settings, unitsPerEpoch: unitsPerEpoch, left: left) })
    default: self.init(settings.kind, settings, unitsPerEpoch: unitsPerEpoch, left: left)
    }
  }

  private init(_ kind: ScheduleSettings.Kind, _ settings: ScheduleSettings, unitsPerEpoch: Int, left: Int) {
    // The parts of a sequence have lengths of their own.
    let length =
      settings.kind == .sequence ? left : settings.length.map { max(Schedule.units($0, unitsPerEpoch), 1) } ?? left
    switch kind {
    case .constant, .sequence, .product: self = .constant
    case .step: self = .step(size: settings.stepEpochs * unitsPerEpoch, gamma: settings.gamma)
    case .multistep:
      self = .multistep(milestones: settings.milestones.map { $0 * unitsPerEpoch }, gamma: settings.gamma)
    case .exponential:
      self = .exponential(gamma: unitsPerEpoch == 1 ? settings.gamma : pow(settings.gamma, 1 / Double(unitsPerEpoch)))
    case .cosine: self = .cosine(length: length, minimum: settings.minimumRate)
    case .cosineRestarts:
      self = .restarts(
        length: settings.restartEpochs * unitsPerEpoch, factor: settings.restartFactor, minimum: settings.minimumRate)
    case .oneCycle:
      self = .oneCycle(
        Schedule.OneCycle(
          length: length, rise: settings.rise, divisor: settings.divisor, finalDivisor: settings.finalDivisor,
          annealing: settings.annealing, hasThreePhases: settings.hasThreePhases))
    case .polynomial: self = .polynomial(length: length, power: settings.power)
    case .plateau: self = .plateau
    }
  }
}
