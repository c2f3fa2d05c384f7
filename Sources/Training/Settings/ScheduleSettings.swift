/// How the learning rate changes, as the user says it: in epochs. ``Schedule`` is the same in steps.
public struct ScheduleSettings: Sendable, Hashable, Codable {
  /// The shapes that there are. Raw values are what `--schedule` takes.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The rate stays.
    case constant
    /// The rate is multiplied by gamma every some epochs.
    case step
    /// The rate falls along half a cosine to the end of training.
    case cosine
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
  /// How often the rate is set.
  public var unit: Unit
  /// Epochs of linear warm-up, at least 0; a fraction is allowed when the unit is the step.
  public var warmupEpochs: Double
  /// The share of the learning rate that warm-up starts at, in 0<...1; torchvision's scripts use 0.01.
  public var warmupFactor: Double
  /// `step` only: epochs between two reductions, counted from the end of warm-up.
  public var stepEpochs: Int
  /// `step` only: what the rate is multiplied by, in 0<...1.
  public var gamma: Double
  /// `cosine` only: where the rate ends, at least 0.
  public var minimumRate: Double

  /// Cosine without warm-up unless told otherwise.
  public init(
    _ kind: Kind = .cosine, unit: Unit = .step, warmupEpochs: Double = 0, warmupFactor: Double = 0.01,
    stepEpochs: Int = 30, gamma: Double = 0.1, minimumRate: Double = 0
  ) {
    self.kind = kind
    self.unit = unit
    self.warmupEpochs = warmupEpochs
    self.warmupFactor = warmupFactor
    self.stepEpochs = stepEpochs
    self.gamma = gamma
    self.minimumRate = minimumRate
  }

  /// What is wrong with these settings for a training of so many epochs, one sentence each.
  func problems(epochs: Int, learningRate: Double) -> [String] {
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
    if kind == .step && stepEpochs < 1 {
      problems.append("the learning rate is to fall every \(stepEpochs) epochs; it must be at least 1")
    }
    if kind == .step && !(gamma > 0 && gamma <= 1) {
      problems.append("the step schedule multiplies by \(gamma); it must be above 0 and at most 1")
    }
    // A learning rate that is wrong itself is reported once.
    if kind == .cosine && !(minimumRate >= 0 && (minimumRate <= learningRate || !(learningRate > 0))) {
      problems.append("the cosine ends at \(minimumRate); it must be at least 0 and at most the learning rate")
    }
    return problems
  }
}
