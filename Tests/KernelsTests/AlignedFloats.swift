/// Floats on a 64-byte border, with one more behind them that no kernel may touch.
final class AlignedFloats {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let guardValue: Float = 12345.678

  /// `count` copies of `value`.
  init(count: Int, repeating value: Float = 0) {
    self.count = count
    let memory = UnsafeMutableRawPointer.allocate(byteCount: (count + 1) * 4, alignment: 64)
    pointer = memory.bindMemory(to: Float.self, capacity: count + 1)
    pointer.initialize(repeating: value, count: count)
    (pointer + count).initialize(to: guardValue)
  }

  /// Values in [-0.5, 0.5) that depend on `seed` only.
  convenience init(count: Int, seed: UInt32) {
    self.init(count: count)
    var state = seed &* 747_796_405 &+ 1
    for i in 0..<count {
      state = state &* 1_664_525 &+ 1_013_904_223
      pointer[i] = Float(state >> 8) / 16_777_216 - 0.5
    }
  }

  /// A copy.
  convenience init(_ other: AlignedFloats) {
    self.init(count: other.count)
    pointer.update(from: other.pointer, count: other.count)
  }

  deinit { pointer.deallocate() }

  subscript(i: Int) -> Float { pointer[i] }
  subscript(double i: Int) -> Double { Double(pointer[i]) }

  /// Whether nothing was written past the end.
  var isIntact: Bool { pointer[count] == guardValue }

  /// Whether both hold the same bytes.
  func isSame(as other: AlignedFloats) -> Bool {
    (0..<count).allSatisfy { pointer[$0].bitPattern == other.pointer[$0].bitPattern }
  }
}

/// A sum in double precision, and the sum of its terms' magnitudes: what float32 rounding may be measured against.
struct Reference {
  var value = 0.0
  var magnitude = 0.0

  mutating func add(_ term: Double) {
    value += term
    magnitude += abs(term)
  }

  /// Whether `result` is within float32 rounding of the sum. Sums of up to a few thousand terms err by some ulps
  /// (6e-8 each) of the magnitude; 1e-6 leaves room for any order of addition and is far below any wrong term.
  func accepts(_ result: Float) -> Bool { abs(Double(result) - value) <= 1e-6 * (magnitude + 0.01) }
}
