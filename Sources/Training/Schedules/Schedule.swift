/// The learning rate as a closed formula of the position, so that resuming needs the position alone; a plateau alone
/// needs a ``PlateauState`` besides.
///
/// The values are those of PyTorch's `SequentialLR([W, S], milestones: [w])` with W one of `LinearLR(start_factor,
/// total_iters: w)` and `ConstantLR(factor, total_iters: w)`, and S what ``Curve`` says; without warm-up, those of S alone.
/// After its length, where PyTorch's cosine rises again and its one-cycle is an error, a curve stays at its end.
public struct Schedule: Sendable, Hashable {
  /// How the rate comes to its full value.
  public enum Warmup: String, Sendable, Hashable, Codable, CaseIterable {
    /// In a straight line.
    case linear
    /// In one jump at the end of the warm-up.
    case constant
  }

  /// The rate that everything scales: the highest of one-cycle.
  public let learningRate: Double
  /// Units of warm-up.
  public let warmup: Int
  /// The share of the rate that warm-up starts at.
  public let warmupFactor: Double
  /// How the rate comes to its full value.
  public let warmupShape: Warmup
  /// What follows the warm-up.
  public let curve: Curve
  /// Steps in one unit: 1 for a schedule by step, the steps of an epoch for one by epoch.
  public let stepsPerUnit: Int

  /// A schedule in its own units.
  public init(
    learningRate: Double, warmup: Int = 0, warmupFactor: Double = 0.01, warmupShape: Warmup = .linear, curve: Curve,
    stepsPerUnit: Int = 1
  ) {
    precondition(stepsPerUnit > 0 && warmup >= 0, "a schedule has positive units and no negative warm-up")
    self.learningRate = learningRate
    self.warmup = warmup
    self.warmupFactor = warmupFactor
    self.warmupShape = warmupShape
    self.curve = curve
    self.stepsPerUnit = stepsPerUnit
  }

  /// The rate of a global step, counted from 0.
  /// - Parameter plateau: What a plateau has come to; the full rate while there is none.
  public func learningRate(atStep step: Int, plateau: PlateauState? = nil) -> Double {
    learningRate(at: step / stepsPerUnit, plateau: plateau)
  }

  /// The rate at a position in units, counted from 0.
  public func learningRate(at position: Int, plateau: PlateauState? = nil) -> Double {
    if position < warmup {
      switch warmupShape {
      case .linear:
        return learningRate * (warmupFactor + (1 - warmupFactor) * Double(position) / Double(warmup))
      case .constant: return learningRate * warmupFactor
      }
    }
    if case .plateau = curve { return plateau?.rate ?? learningRate }
    return curve.rate(at: position - warmup, from: learningRate)
  }

  /// The momentum of a global step, counted from 0, or beta1 where the optimizer has that; `nil` where it stays as it is.
  public func momentum(atStep step: Int) -> Double? {
    guard case .oneCycle(let cycle) = curve else { return nil }
    return cycle.momentum(at: max(step / stepsPerUnit - warmup, 0))
  }
}
