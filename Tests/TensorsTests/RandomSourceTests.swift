import Tensors
import Testing

@Suite struct RandomSourceTests {
  /// The known answers that Random123 publishes for Philox4x32 with 10 rounds (`kat_vectors`).
  static let knownAnswers: [(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, block: SIMD4<UInt32>)] = [
    (.zero, .zero, SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)),
    (
      SIMD4(repeating: .max), SIMD2(repeating: .max), SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), SIMD2(0xA409_3822, 0x299F_31D0),
      SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ]

  @Test(arguments: knownAnswers)
  func philoxGivesTheKnownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, block: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == block)
    var words = [UInt32](repeating: 0, count: 4)
    words.withUnsafeMutableBufferPointer { Philox.fill($0, counter: counter, key: key) }
    #expect(words == (0..<4).map { block[$0] })
  }

  /// Many blocks at once are the blocks one by one, for whole and cut last blocks and a counter that wraps around.
  @Test(arguments: [0, 1, 3, 4, 5, 16, 31, 64, 1001])
  func manyBlocksAreTheBlocksOneByOne(count: Int) {
    for first in [0, 77, UInt32.max - 2] {
      let counter = SIMD4<UInt32>(first, 1 << 31, 3, .max)
      let key = SIMD2<UInt32>(0xDEAD_BEEF, 0x8000_0001)
      var words = [UInt32](repeating: 0, count: count)
      words.withUnsafeMutableBufferPointer { Philox.fill($0, counter: counter, key: key) }
      let expected = (0..<count).map { index in
        var start = counter
        start[0] &+= UInt32(index / 4)
        return Philox.block(counter: start, key: key)[index % 4]
      }
      #expect(words == expected)
    }
  }

  @Test func fillingIsDrawing() {
    let source = RandomSource(seed: 99, purpose: .synthetic, first: 1 << 47, second: 1 << 39)
    var drawn = source
    let expected = (0..<103).map { _ in drawn.nextWord() }
    var words = [UInt32](repeating: 0, count: 63)
    words.withUnsafeMutableBufferPointer { source.fill($0, from: 40) }
    #expect(words == Array(expected[40...]))
  }

  @Test func streamsAreIndependent() {
    var firsts: Set<UInt64> = []
    var streams = 0
    for seed in [0, 1, 1 << 32, UInt64.max] {
      for purpose in RandomSource.Purpose.allCases {
        for first in [0, 1, 1 << 31, 1 << 32, 1 << 47] as [UInt64] {
          for second in [0, 1, 1 << 31, 1 << 32, 1 << 39] as [UInt64] {
            var source = RandomSource(seed: seed, purpose: purpose, first: first, second: second)
            firsts.insert(source.next())
            streams += 1
          }
        }
      }
    }
    #expect(firsts.count == streams)
  }

  @Test func sameStreamSameNumbers() {
    var first = RandomSource(seed: 5, purpose: .shuffle, first: 3)
    var second = RandomSource(seed: 5, purpose: .shuffle, first: 3)
    for _ in 0..<100 { #expect(first.next() == second.next()) }
  }

  /// The mean of the numbers, and their mean squared distance from `center`.
  private func moments(_ numbers: [Double], about center: Double) -> (mean: Double, variance: Double) {
    var (sum, squares) = (0.0, 0.0)
    for number in numbers {
      sum += number
      squares += (number - center) * (number - center)
    }
    return (sum / Double(numbers.count), squares / Double(numbers.count))
  }

  /// Pearson's χ² of counts that should all be `expected`.
  private func chiSquared(_ counts: some Collection<Int>, expected: Double) -> Double {
    var sum = 0.0
    for count in counts {
      let distance = Double(count) - expected
      sum += distance * distance / expected
    }
    return sum
  }

  /// Within five standard errors over 100,000 numbers; the seed is fixed.
  @Test func uniformNumbers() {
    var source = RandomSource(seed: 1, purpose: .synthetic)
    let floats = (0..<100_000).map { _ in Double(source.uniform()) }
    let doubles = (0..<100_000).map { _ in source.uniform(0, 1) }
    for numbers in [floats, doubles] {
      #expect(numbers.allSatisfy { (0..<1).contains($0) })
      let (mean, variance) = moments(numbers, about: 0.5)
      // The variance is 1/12, and that of the squared distance from ½ is 1/80 − 1/144 = 1/180.
      let meanError = (1.0 / 12 / 1e5).squareRoot()
      let varianceError = (1.0 / 180 / 1e5).squareRoot()
      #expect(abs(mean - 0.5) < 5 * meanError)
      #expect(abs(variance - 1.0 / 12) < 5 * varianceError)
    }
  }

  /// Within five standard errors over 100,000 numbers; the seed is fixed.
  @Test func normalNumbers() {
    var source = RandomSource(seed: 1, purpose: .synthetic)
    let numbers = (0..<100_000).map { _ in source.normal() }
    let (mean, variance) = moments(numbers, about: 0)
    let meanError = (1 / 1e5).squareRoot()
    // The variance of z² is 2.
    let varianceError = (2 / 1e5).squareRoot()
    #expect(abs(mean) < 5 * meanError)
    #expect(abs(variance - 1) < 5 * varianceError)
    // P(|z| > 3) is 0.0026998.
    let tail = Double(numbers.count { abs($0) > 3 }) / 1e5
    let tailError = (0.0026998 / 1e5).squareRoot()
    #expect(abs(tail - 0.0026998) < 5 * tailError)
  }

  @Test func wholeNumbersAreEquallyLikely() {
    var source = RandomSource(seed: 2, purpose: .synthetic)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[source.integer(below: 7)] += 1 }
    // With 6 degrees of freedom, below 27.9 with probability 0.9999.
    #expect(chiSquared(counts, expected: 10_000) < 27.9)
    #expect((0..<100).allSatisfy { _ in source.integer(below: 1) == 0 })
    // A bound for which every other draw would be biased without rejection.
    let large = Int.max / 2 + 2
    #expect((0..<100).allSatisfy { _ in (0..<large).contains(source.integer(below: large)) })
  }

  @Test(arguments: [0, 1, 2, 10, 1000])
  func permutationsHoldEveryNumberOnce(count: Int) {
    var source = RandomSource(seed: 3, purpose: .shuffle, first: 1)
    #expect(source.permutation(count).sorted() == Array(0..<count))
  }

  @Test func permutationsAreEquallyLikely() {
    var source = RandomSource(seed: 4, purpose: .shuffle)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[source.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    // With 23 degrees of freedom, below 58.6 with probability 0.9999.
    #expect(chiSquared(counts.values, expected: 1000) < 58.6)
  }

  /// Computed again in Python from the papers' formulas. A change here would silently change every shuffle of old runs.
  @Test func theOrderOfARunStaysTheSame() {
    var source = RandomSource(seed: 42, purpose: .shuffle, first: 7)
    #expect(source.permutation(10) == [6, 9, 0, 2, 7, 4, 3, 5, 1, 8])
  }
}
