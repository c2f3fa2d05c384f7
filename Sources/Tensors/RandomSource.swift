#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random numbers as a pure function of (seed, purpose, index, position): resuming needs only the seed and the
/// indices, and no result depends on the number of threads or the order of use.
///
/// The key of ``Philox`` is the seed; its counter holds the purpose and two indices (an epoch and a sample, a step and a
/// layer), and counts blocks in its first word.
public struct RandomSource: RandomNumberGenerator, Sendable {
  /// What random numbers are for: streams of different purposes are independent.
  public enum Purpose: UInt8, Sendable, CaseIterable {
    /// Initial parameters; index 0 is a hash of the parameter's name.
    case initialization = 1
    /// The order of samples; index 0 is the epoch.
    case shuffle = 2
    /// Augmentation of one sample; index 0 is the epoch, index 1 the sample.
    case augmentation = 3
    /// Dropout masks; index 0 is the step, index 1 the layer.
    case dropout = 4
    /// Splitting a dataset in two.
    case split = 5
    /// Synthetic input for benchmarks and tests.
    case synthetic = 6
    /// Mixing the images of a batch; index 0 is the epoch, index 1 the batch.
    case mixing = 7
  }

  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block: SIMD4<UInt32> = .zero
  private var used = 4

  /// The stream of a seed, a purpose and up to two indices.
  /// - Parameters:
  ///   - first: At most 48 bits count; two values that agree in them give the same stream.
  ///   - second: At most 40 bits count.
  public init(seed: UInt64, purpose: Purpose, first: UInt64 = 0, second: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let low = UInt32(truncatingIfNeeded: first)
    let middle = UInt32(truncatingIfNeeded: second)
    let high =
      UInt32(purpose.rawValue) << 24
      | (UInt32(truncatingIfNeeded: first >> 32) & 0xFFFF) << 8
      | UInt32(truncatingIfNeeded: second >> 32) & 0xFF
    counter = SIMD4(0, low, middle, high)
  }

  /// Where the stream stands, for code that draws its blocks itself.
  package var stream: (counter: SIMD4<UInt32>, key: SIMD2<UInt32>) { (counter, key) }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Philox.block(counter: counter, key: key)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// Writes the words that `words.count` calls of ``nextWord()`` would give after `position` more calls, drawing none.
  /// - Parameter position: A multiple of 4, so that several threads can each fill a part.
  package func fill(_ words: UnsafeMutableBufferPointer<UInt32>, from position: Int) {
    precondition(used == 4 && position.isMultiple(of: 4), "words are filled block by block")
    var start = counter
    start[0] &+= UInt32(truncatingIfNeeded: position / 4)
    Philox.fill(words, counter: start, key: key)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return UInt64(nextWord()) << 32 | low
  }

  /// A number in [0, 1) with 24 random bits.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// A number in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * (Double(next() >> 11) * 0x1p-53)
  }

  /// A whole number in [0, bound), every one equally likely. Traps when `bound` is not positive.
  ///
  /// Lemire, "Fast random integer generation in an interval" (2019), stated here and not left to the standard library so
  /// that every build draws the same numbers.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "a random integer needs a positive bound, not \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// A number of the standard normal distribution, by the Box–Muller transform.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform(0, 1))).squareRoot()
    return radius * cos(2 * Double.pi * uniform(0, 1))
  }

  /// The numbers 0..<count in random order (Fisher–Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, integer(below: index + 1)) }
    return order
  }
}
