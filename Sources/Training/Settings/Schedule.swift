#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate as a closed formula of the position, so that resuming needs the position alone.
///
/// The values are those of PyTorch's `SequentialLR([LinearLR(start_factor, total_iters: w), S], milestones: [w])` with
/// S one of `ConstantLR`, `StepLR` and `CosineAnnealingLR(T_max: total − w)`; without warm-up, those of S alone. After the
/// total, where PyTorch's cosine rises again, the rate stays at its minimum.
public struct Schedule: Sendable, Hashable {
  /// The shape after warm-up; lengths are in units.
  public enum Curve: Sendable, Hashable {
    /// lr.
    case constant
    /// lr · γ^⌊t / size⌋.
    case step(size: Int, gamma: Double)
    /// min + (lr − min)(1 + cos(π t / length)) / 2.
    case cosine(length: Int, minimum: Double)
  }

  /// The rate that everything scales.
  public let learningRate: Double
  /// Units of linear warm-up.
  public let warmup: Int
  /// The share of the rate that warm-up starts at.
  public let warmupFactor: Double
  /// What follows the warm-up.
  public let curve: Curve
  /// Steps in one unit: 1 for a schedule by step, the steps of an epoch for one by epoch.
  public let stepsPerUnit: Int

  /// A schedule in its own units.
  public init(
    learningRate: Double, warmup: Int = 0, warmupFactor: Double = 0.01, curve: Curve, stepsPerUnit: Int = 1
  ) {
    precondition(stepsPerUnit > 0 && warmup >= 0, "a schedule has positive units and no negative warm-up")
    self.learningRate = learningRate
    self.warmup = warmup
    self.warmupFactor = warmupFactor
    self.curve = curve
    self.stepsPerUnit = stepsPerUnit
  }

  /// The schedule of a training.
  /// - Parameters:
  ///   - settings: Lengths in epochs.
  ///   - epochs: The length of the training.
  ///   - stepsPerEpoch: Batches of an epoch, at least 1.
  public init(_ settings: ScheduleSettings, learningRate: Double, epochs: Int, stepsPerEpoch: Int) {
    let unitsPerEpoch = settings.unit == .step ? stepsPerEpoch : 1
    let warmup = Int((settings.warmupEpochs * Double(unitsPerEpoch)).rounded())
    let curve: Curve =
      switch settings.kind {
      case .constant: .constant
      case .step: .step(size: settings.stepEpochs * unitsPerEpoch, gamma: settings.gamma)
      case .cosine: .cosine(length: max(epochs * unitsPerEpoch - warmup, 1), minimum: settings.minimumRate)
      }
    self.init(
      learningRate: learningRate, warmup: warmup, warmupFactor: settings.warmupFactor, curve: curve,
      stepsPerUnit: settings.unit == .step ? 1 : stepsPerEpoch)
  }

  /// The rate of a global step, counted from 0.
  public func learningRate(atStep step: Int) -> Double { learningRate(at: step / stepsPerUnit) }

  /// The rate at a position in units, counted from 0.
  public func learningRate(at position: Int) -> Double {
    if position < warmup {
      return learningRate * (warmupFactor + (1 - warmupFactor) * Double(position) / Double(warmup))
    }
    let time = position - warmup
    switch curve {
    case .constant:
      return learningRate
    case .step(let size, let gamma):
      return learningRate * pow(gamma, Double(time / size))
    case .cosine(let length, let minimum):
      if time >= length { return minimum }
      return minimum + (learningRate - minimum) * (1 + cos(Double.pi * Double(time) / Double(length))) / 2
    }
  }
}
