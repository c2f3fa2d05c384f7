import Tensors

/// What the elements of a float32 parameter are drawn from, fans and gains worked out.
enum Distribution: Sendable, Hashable {
  case constant(Float)
  /// [low, high).
  case uniform(low: Float, high: Float)
  case normal(mean: Float, std: Float)
  /// A normal distribution of which only the part of `words` is used; rounding is held in `bounds`.
  case truncatedNormal(mean: Float, std: Float, words: WordRange, bounds: ClosedRange<Float>)

  /// A part of the 32-bit words: w becomes start + ⌊w·count/2³²⌋.
  struct WordRange: Sendable, Hashable {
    let start: UInt32
    let count: UInt64
  }

  /// How an initialiser fills a parameter of a shape.
  init(_ initializer: Initializer, shape: Shape) {
    switch initializer {
    case .constant(let value): self = .constant(Float(value))
    case .values: preconditionFailure("given values are not drawn")
    case .uniform(let low, let high): self = .uniform(low: Float(low), high: Float(high))
    case .normal(let mean, let std): self = .normal(mean: Float(mean), std: Float(std))
    case .truncatedNormal(let mean, let std, let low, let high):
      self = .truncatedNormal(mean: mean, std: std, low: low, high: high)
    case .kaimingUniform(let fan, let gain):
      self = .symmetric(bound: gain * (3 / shape.extent(of: fan)).squareRoot())
    case .kaimingNormal(let fan, let gain):
      self = .normal(mean: 0, std: Float(gain / shape.extent(of: fan).squareRoot()))
    case .xavierUniform: self = .symmetric(bound: (6 / shape.fanSum).squareRoot())
    case .xavierNormal: self = .normal(mean: 0, std: Float((2 / shape.fanSum).squareRoot()))
    }
  }

  private static func symmetric(bound: Double) -> Distribution { .uniform(low: Float(-bound), high: Float(bound)) }

  /// By inversion: only the words between the two bounds' probabilities are used.
  private static func truncatedNormal(mean: Double, std: Double, low: Double, high: Double) -> Distribution {
    precondition(low < high, "a truncated normal distribution on [\(low), \(high)] is empty")
    func word(below bound: Double) -> UInt64 {
      UInt64((normalTail((mean - bound) / std) * 0x1p32).rounded())
    }
    let start = min(word(below: low), UInt64(UInt32.max))
    let end = max(word(below: high), start + 1)
    return .truncatedNormal(
      mean: Float(mean), std: Float(std), words: WordRange(start: UInt32(start), count: end - start),
      bounds: Float(low)...Float(high))
  }
}

extension Shape {
  /// A fan as a number that can be divided by: at least 1, so that an empty parameter needs no care.
  fileprivate func extent(of fan: Initializer.Fan) -> Double {
    switch fan {
    case .fanIn: Double(max(fans.in, 1))
    case .fanOut: Double(max(fans.out, 1))
    }
  }

  fileprivate var fanSum: Double { Double(max(fans.in + fans.out, 1)) }
}
