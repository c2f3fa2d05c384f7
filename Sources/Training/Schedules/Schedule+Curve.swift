#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Schedule {
  /// The shape after warm-up; lengths are in units, and t counts them from the end of the warm-up.
  public indirect enum Curve: Sendable, Hashable {
    /// lr: `ConstantLR(factor: 1)`.
    case constant
    /// lr · factor until the length is over, then lr: `ConstantLR`.
    case hold(factor: Double, length: Int)
    /// lr · (from + (to − from) · t / length), then lr · to: `LinearLR`.
    case linear(from: Double, to: Double, length: Int)
    /// lr · γ^⌊t / size⌋: `StepLR`.
    case step(size: Int, gamma: Double)
    /// lr · γ^(milestones at or before t): `MultiStepLR`.
    case multistep(milestones: [Int], gamma: Double)
    /// lr · γ^t: `ExponentialLR`.
    case exponential(gamma: Double)
    /// min + (lr − min)(1 + cos(π t / length)) / 2: `CosineAnnealingLR`.
    case cosine(length: Int, minimum: Double)
    /// The same again and again, each time `factor` times as long: `CosineAnnealingWarmRestarts`.
    case restarts(length: Int, factor: Int, minimum: Double)
    /// Up, and down to almost nothing: `OneCycleLR`.
    case oneCycle(OneCycle)
    /// lr · (1 − t / length)^power: `PolynomialLR`.
    case polynomial(length: Int, power: Double)
    /// What a ``PlateauState`` says: `ReduceLROnPlateau`.
    case plateau
    /// One after another, each as if it began training: `SequentialLR`. The last has no end.
    case sequence([Stage])
    /// lr times what each makes of 1: `ChainedScheduler`.
    case product([Curve])
  }

  /// A part of a sequence.
  public struct Stage: Sendable, Hashable {
    /// Its shape.
    public let curve: Curve
    /// How many units it lasts.
    public let length: Int

    /// A part of a sequence.
    public init(_ curve: Curve, length: Int) {
      self.curve = curve
      self.length = length
    }
  }
}

extension Schedule.Curve {
  /// The rate at a time from 0.
  func rate(at time: Int, from rate: Double) -> Double {
    switch self {
    case .constant, .plateau: return rate
    case .hold(let factor, let length): return time < length ? rate * factor : rate
    case .linear(let from, let to, let length):
      return rate * (time >= length ? to : from + (to - from) * Double(time) / Double(length))
    case .step(let size, let gamma): return rate * pow(gamma, Double(time / size))
    case .multistep(let milestones, let gamma): return rate * pow(gamma, Double(milestones.count { $0 <= time }))
    case .exponential(let gamma): return rate * pow(gamma, Double(time))
    case .cosine(let length, let minimum):
      return time >= length ? minimum : Self.cosine(from: rate, to: minimum, Double(time) / Double(length))
    case .restarts(let length, let factor, let minimum):
      let (passed, current) = Self.cycle(at: time, length: length, factor: factor)
      return Self.cosine(from: rate, to: minimum, Double(passed) / Double(current))
    case .oneCycle(let cycle): return cycle.rate(at: time, highest: rate)
    case .polynomial(let length, let power):
      return time >= length ? 0 : rate * pow(1 - Double(time) / Double(length), power)
    case .sequence(let stages):
      var start = 0
      for stage in stages.dropLast() {
        if time < start + stage.length { return stage.curve.rate(at: time - start, from: rate) }
        start += stage.length
      }
      return stages.last?.curve.rate(at: time - start, from: rate) ?? rate
    case .product(let curves): return curves.reduce(rate) { $0 * $1.rate(at: time, from: 1) }
    }
  }

  /// Half a cosine from one rate to another.
  static func cosine(from first: Double, to last: Double, _ share: Double) -> Double {
    last + (first - last) * (1 + cos(Double.pi * share)) / 2
  }

  /// How many units of a cycle have passed, and how long it is.
  static func cycle(at time: Int, length: Int, factor: Int) -> (passed: Int, length: Int) {
    guard factor > 1 else { return (time % length, length) }
    var (passed, current) = (time, length)
    while passed >= current {
      passed -= current
      let (next, isTooLong) = current.multipliedReportingOverflow(by: factor)
      if isTooLong { return (passed, .max) }
      current = next
    }
    return (passed, current)
  }
}
