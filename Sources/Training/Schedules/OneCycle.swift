extension Schedule {
  /// The learning rate of Smith & Topin, "Super-Convergence" (2018), as PyTorch's `OneCycleLR(total_steps: length, …)`
  /// computes it: from `highest / divisor` up to the highest and down to `highest / divisor / finalDivisor`.
  public struct OneCycle: Sendable, Hashable {
    /// How the rate goes from one value to the next.
    public enum Annealing: String, Sendable, Hashable, Codable, CaseIterable {
      /// Along half a cosine.
      case cosine
      /// In a straight line.
      case linear
    }

    /// What the momentum does meanwhile, along the same curves: PyTorch's `cycle_momentum`.
    public struct Momentum: Sendable, Hashable {
      /// Where the rate is highest.
      public let base: Double
      /// Where the rate begins and ends.
      public let maximum: Double

      /// PyTorch's defaults.
      public init(base: Double = 0.85, maximum: Double = 0.95) {
        self.base = base
        self.maximum = maximum
      }
    }

    /// Units of the whole cycle.
    public let length: Int
    /// The share of it in which the rate rises, in 0..<1.
    public let rise: Double
    /// What the highest rate is divided by at the beginning.
    public let divisor: Double
    /// What the first rate is divided by at the end.
    public let finalDivisor: Double
    /// How the rate goes from one value to the next.
    public let annealing: Annealing
    /// Whether the rate first falls back to where it began, and then to nothing.
    public let hasThreePhases: Bool
    /// What the momentum does; `nil` where it stays.
    public let momentum: Momentum?

    /// A cycle with PyTorch's defaults.
    public init(
      length: Int, rise: Double = 0.3, divisor: Double = 25, finalDivisor: Double = 1e4,
      annealing: Annealing = .cosine, hasThreePhases: Bool = false, momentum: Momentum? = nil
    ) {
      self.length = length
      self.rise = rise
      self.divisor = divisor
      self.finalDivisor = finalDivisor
      self.annealing = annealing
      self.hasThreePhases = hasThreePhases
      self.momentum = momentum
    }

    /// Where the phases end, in units, and the rates there.
    func phases(highest: Double) -> [(end: Double, rate: Double)] {
      let first = highest / divisor
      let last = first / finalDivisor
      let top = rise * Double(length) - 1
      let end = Double(length - 1)
      return hasThreePhases
        ? [(top, highest), (2 * rise * Double(length) - 2, first), (end, last)] : [(top, highest), (end, last)]
    }

    /// The rate at a time from 0.
    func rate(at time: Int, highest: Double) -> Double {
      let phases = phases(highest: highest)
      return value(at: time, from: highest / divisor, phases.map { ($0.end, $0.rate) })
    }

    /// The momentum at a time from 0; `nil` where it stays.
    func momentum(at time: Int) -> Double? {
      guard let momentum else { return nil }
      // It is back where the second phase ends, and stays in a third.
      let phases = phases(highest: 1).enumerated().map { index, phase in
        (phase.end, index == 0 ? momentum.base : momentum.maximum)
      }
      return value(at: time, from: momentum.maximum, phases)
    }

    /// What goes from one value to the next in each phase.
    private func value(at time: Int, from first: Double, _ phases: [(end: Double, value: Double)]) -> Double {
      var (start, value) = (0.0, first)
      for (index, phase) in phases.enumerated() {
        if Double(time) <= phase.end || index == phases.count - 1 {
          let span = phase.end - start
          let share = span == 0 ? 1 : min((Double(time) - start) / span, 1)
          switch annealing {
          case .cosine: return Curve.cosine(from: value, to: phase.value, share)
          case .linear: return value + (phase.value - value) * share
          }
        }
        (start, value) = (phase.end, phase.value)
      }
      return value
    }
  }
}
