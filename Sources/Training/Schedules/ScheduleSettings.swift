/// How the learning rate changes, as the user says it: in epochs. ``Schedule`` is the same in steps.
public struct ScheduleSettings: Sendable, Hashable, Codable {
  /// The shapes that there are. Raw values are what `--schedule` takes.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The rate stays.
    case constant
    /// The rate goes in a straight line, to nothing unless its part of a schedule says otherwise.
    case linear
    /// The rate is multiplied by gamma every some epochs.
    case step
    /// The rate is multiplied by gamma at given epochs.
    case multistep
    /// The rate is multiplied by gamma in each epoch, a little at every step.
    case exponential
    /// The rate falls along half a cosine to the end of training.
    case cosine
    /// The same again and again, from the full rate each time.
    case cosineRestarts = "cosine-restarts"
    /// The rate rises to its highest and falls to almost nothing.
    case oneCycle = "one-cycle"
    /// The rate falls to nothing along a power of what is left.
    case polynomial
    /// The rate is multiplied by a factor when a metric does not improve any more.
    case plateau
    /// Several shapes one after another: ``ScheduleSettings/stages``.
    case sequence
    /// Several shapes at once, multiplied: ``ScheduleSettings/stages``.
    case product
  }

  /// How often the rate is set.
  public enum Unit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Before every step: smooth.
    case step
    /// At the start of every epoch, as most PyTorch scripts call `scheduler.step()`.
    case epoch
  }

  /// The shape after warm-up.
  public var kind: Kind
  /// How often the rate is set; a plateau is asked at the end of epochs whatever this says.
  public var unit: Unit
  /// Epochs of warm-up, at least 0; a fraction is allowed when the unit is the step.
  public var warmupEpochs: Double
  /// The share of the learning rate that warm-up starts at, in 0<...1; torchvision's scripts use 0.01.
  public var warmupFactor: Double
  /// How the rate comes to its full value.
  public var warmupShape = Schedule.Warmup.linear
  /// `step`: epochs between two reductions, counted from the end of warm-up.
  public var stepEpochs: Int
  /// `multistep`: the epochs of reductions in ascending order, counted from the end of warm-up.
  public var milestones: [Int] = []
  /// `step`, `multistep` and `exponential`: what the rate is multiplied by, in 0<...1.
  public var gamma: Double
  /// `cosine`, `cosine-restarts` and `plateau`: where the rate ends, at least 0.
  public var minimumRate: Double
  /// `cosine`, `one-cycle`, `polynomial` and `linear`: the epochs that they take, when not all that are left after warm-up.
  public var length: Double?
  /// `cosine-restarts`: epochs of the first cosine.
  public var restartEpochs = 10
  /// `cosine-restarts`: how many times longer each next one is, at least 1.
  public var restartFactor = 1
  /// `polynomial`: the power, above 0.
  public var power = 1.0
  /// `one-cycle`: the share of training in which the rate rises.
  public var rise = 0.3
  /// `one-cycle`: what the highest rate is divided by at the beginning.
  public var divisor = 25.0
  /// `one-cycle`: what the first rate is divided by at the end.
  public var finalDivisor = 1e4
  /// `one-cycle`: how the rate goes from one value to the next.
  public var annealing = Schedule.OneCycle.Annealing.cosine
  /// `one-cycle`: whether the rate first falls back to where it began, and then to nothing.
  public var hasThreePhases = false
  /// `one-cycle`: whether the momentum, or beta1, falls while the rate rises and rises while it falls.
  public var cyclesMomentum = false
  /// `one-cycle`: the momentum where the rate is highest, when it cycles.
  public var baseMomentum = 0.85
  /// `one-cycle`: the momentum at both ends, when it cycles.
  public var maximumMomentum = 0.95
  /// `plateau`: when the rate falls.
  public var plateau = PlateauSettings()
  /// `sequence` and `product`: what they are made of.
  public var stages: [Stage] = []

  /// Cosine without warm-up unless told otherwise. Gamma is 0.1, and 0.95 for `exponential`, when it is not given.
  public init(
    _ kind: Kind = .cosine, unit: Unit = .step, warmupEpochs: Double = 0, warmupFactor: Double = 0.01,
    stepEpochs: Int = 30, gamma: Double? = nil, minimumRate: Double = 0
  ) {
    self.kind = kind
    self.unit = unit
    self.warmupEpochs = warmupEpochs
    self.warmupFactor = warmupFactor
    self.stepEpochs = stepEpochs
    self.gamma = gamma ?? (kind == .exponential ? 0.95 : 0.1)
    self.minimumRate = minimumRate
  }
}

extension ScheduleSettings {
  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .cosine,
      gamma: try values.decodeIfPresent(Double.self, forKey: .gamma))
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      if let known = try values.decodeIfPresent(Value.self, forKey: key) { value = known }
    }
    try read(.unit, into: &unit)
    try read(.warmupEpochs, into: &warmupEpochs)
    try read(.warmupFactor, into: &warmupFactor)
    try read(.warmupShape, into: &warmupShape)
    try read(.stepEpochs, into: &stepEpochs)
    try read(.milestones, into: &milestones)
    try read(.minimumRate, into: &minimumRate)
    length = try values.decodeIfPresent(Double.self, forKey: .length)
    try read(.restartEpochs, into: &restartEpochs)
    try read(.restartFactor, into: &restartFactor)
    try read(.power, into: &power)
    try read(.rise, into: &rise)
    try read(.divisor, into: &divisor)
    try read(.finalDivisor, into: &finalDivisor)
    try read(.annealing, into: &annealing)
    try read(.hasThreePhases, into: &hasThreePhases)
    try read(.cyclesMomentum, into: &cyclesMomentum)
    try read(.baseMomentum, into: &baseMomentum)
    try read(.maximumMomentum, into: &maximumMomentum)
    try read(.plateau, into: &plateau)
    try read(.stages, into: &stages)
  }

  /// The kinds that decide the rate: the parts of a sequence or product, or the kind itself.
  var kinds: [Kind] { kind == .sequence || kind == .product ? stages.map(\.kind) : [kind] }

  /// Whether another number of epochs changes the rates of steps that both trainings have.
  var dependsOnEpochs: Bool {
    /// Whether a part has an end that follows from the training's.
    func isOpen(_ stage: Stage) -> Bool { stage.kind.hasLength && stage.epochs == nil && stage.length == nil }
    if kind == .sequence { return stages.last.map(isOpen) ?? false }
    return length == nil && (kind == .product ? stages : [Stage(kind)]).contains(where: isOpen)
  }
}

extension ScheduleSettings.Kind {
  /// Whether it comes to an end, after which the rate stays.
  var hasLength: Bool { [.cosine, .oneCycle, .polynomial, .linear].contains(self) }
}
