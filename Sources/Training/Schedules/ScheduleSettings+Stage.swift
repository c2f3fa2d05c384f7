extension ScheduleSettings {
  /// A shape among several, with what is different for it.
  public struct Stage: Sendable, Hashable, Codable {
    /// Its kind: none that is made of others, and no plateau.
    public var kind: Kind
    /// How many epochs it lasts; the last of a sequence lasts to the end.
    public var epochs: Double?
    /// `step`: epochs between two reductions. What is `nil`, here and below, is as for all.
    public var stepEpochs: Double?
    /// `multistep`: the epochs of reductions.
    public var milestones: [Double]?
    /// `step`, `multistep` and `exponential`: what the rate is multiplied by; for `exponential` in an epoch.
    public var gamma: Double?
    /// `cosine` and `cosine-restarts`: where the rate ends.
    public var minimumRate: Double?
    /// `cosine`, `polynomial`, `linear` and `constant`: the epochs that the curve takes, when not all that it lasts.
    public var length: Double?
    /// `cosine-restarts`: epochs of the first cosine.
    public var restartEpochs: Double?
    /// `cosine-restarts`: how many times longer each next one is.
    public var restartFactor: Double?
    /// `polynomial`: the power.
    public var power: Double?
    /// `constant`: the share of the rate, in 0<...1, which is full after its epochs.
    public var factor: Double?
    /// `linear`: the share of the rate at the beginning, in 0<...1.
    public var from: Double?
    /// `linear`: the share of the rate at the end, in 0...1.
    public var to: Double?

    /// A shape among several.
    public init(_ kind: Kind, epochs: Double? = nil) {
      self.kind = kind
      self.epochs = epochs
    }
  }
}

extension ScheduleSettings.Stage {
  /// What can be said of a part, in brackets after its kind. Raw values are the words.
  enum Option: String, CaseIterable {
    case stepEpochs = "step-epochs"
    case gamma
    case minimumRate = "min-lr"
    case length = "epochs"
    case restartEpochs = "restart-epochs"
    case restartFactor = "restart-factor"
    case power, factor, from, to
  }

  /// What can be said of a kind, beside the milestones of `multistep`.
  static func options(of kind: ScheduleSettings.Kind) -> [Option] {
    switch kind {
    case .constant: [.factor, .length]
    case .linear: [.from, .to, .length]
    case .step: [.stepEpochs, .gamma]
    case .multistep, .exponential: [.gamma]
    case .cosine: [.minimumRate, .length]
    case .cosineRestarts: [.restartEpochs, .restartFactor, .minimumRate]
    case .polynomial: [.power, .length]
    case .oneCycle, .plateau, .sequence, .product: []
    }
  }

  /// What is said of an option.
  subscript(option: Option) -> Double? {
    get {
      switch option {
      case .stepEpochs: stepEpochs
      case .gamma: gamma
      case .minimumRate: minimumRate
      case .length: length
      case .restartEpochs: restartEpochs
      case .restartFactor: restartFactor
      case .power: power
      case .factor: factor
      case .from: from
      case .to: to
      }
    }
    set {
      switch option {
      case .stepEpochs: stepEpochs = newValue
      case .gamma: gamma = newValue
      case .minimumRate: minimumRate = newValue
      case .length: length = newValue
      case .restartEpochs: restartEpochs = newValue
      case .restartFactor: restartFactor = newValue
      case .power: power = newValue
      case .factor: factor = newValue
      case .from: from = newValue
      case .to: to = newValue
      }
    }
  }

  /// What is wrong with what is said, one sentence each.
  func problems(learningRate: Double) -> [String] {
    func problem(_ option: Option, _ value: Double) -> String? {
      let (holds, rule) =
        switch option {
        case .stepEpochs, .restartEpochs, .length: (value > 0 && value <= 100_000, "above 0 and at most 100000")
        case .gamma, .factor, .from: (value > 0 && value <= 1, "above 0 and at most 1")
        case .to: (value >= 0 && value <= 1, "in 0...1")
        case .minimumRate:
          (value >= 0 && (value <= learningRate || !(learningRate > 0)), "at least 0 and at most the learning rate")
        case .restartFactor: (value >= 1 && value <= 1000 && value == value.rounded(), "a whole number in 1...1000")
        case .power: (value > 0 && value <= 100, "above 0 and at most 100")
        }
      return holds ? nil : "'\(option.rawValue)' of '\(kind.rawValue)' in the schedule is \(value); it must be \(rule)"
    }
    var problems = Option.allCases.compactMap { option in self[option].flatMap { problem(option, $0) } }
    if let milestones, !milestones.allSatisfy({ $0 >= 0 && $0 <= 100_000 }) || milestones.sorted() != milestones {
      problems.append("the milestones of '\(kind.rawValue)' are \(milestones); they must be epochs in ascending order")
    }
    return problems
  }
}
