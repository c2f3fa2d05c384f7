import CKernels
import Testing

/// Rounding to bfloat16, against a search for the nearest.
@Suite struct BFloat16Tests {
  /// Rounds numbers, into other memory and in place.
  private func rounded(_ numbers: [Float], threads: Int32 = 2) -> [Float] {
    let source = AlignedFloats(count: numbers.count)
    for (index, number) in numbers.enumerated() { source.pointer[index] = number }
    let result = AlignedFloats(count: numbers.count, repeating: .nan)
    zk_round_bfloat16(source.pointer, result.pointer, numbers.count, threads)
    #expect(result.isIntact)
    let found = numbers.indices.map { result[$0] }
    zk_round_bfloat16(source.pointer, source.pointer, numbers.count, threads)
    #expect(source.isIntact)
    #expect(numbers.indices.allSatisfy { source[$0].bitPattern == found[$0].bitPattern }, "in place")
    return found
  }

  /// The nearest bfloat16 by comparing distances to both neighbours in double precision; the even one where they are equal.
  private func nearest(_ number: Float) -> Float {
    let below = Float(bitPattern: number.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: (number.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
    // What would follow the largest number if exponents went on: infinity stands for it.
    let next: Double = above.isInfinite ? (above < 0 ? -0x1p128 : 0x1p128) : Double(above)
    let (down, up) = (abs(Double(number) - Double(below)), abs(next - Double(number)))
    if down != up { return down < up ? below : above }
    return (below.bitPattern >> 16) & 1 == 0 ? below : above
  }

  /// Numbers and what they are rounded to.
  private static let known: [(Float, Float)] = [
    (0, 0), (-0.0, -0.0), (1, 1), (-1.5, -1.5),
    // Half steps between 1 and its neighbours, which are 2⁻⁷ apart, and the floats beside them.
    (0x1.01p0, 1), (0x1.010002p0, 0x1.02p0), (0x1.03p0, 0x1.04p0), (0x1.02FFFEp0, 0x1.02p0), (-0x1.01p0, -1),
    (-0x1.03p0, -0x1.04p0),
    // Into the next power of two.
    (0x1.FFFFFEp0, 2), (0x1.FEp3, 0x1.FEp3), (0x1.FFp3, 0x1p4),
    // The largest bfloat16, the last that is rounded to it, and the first that is not.
    (0x1.FEp127, 0x1.FEp127), (0x1.FEFFFEp127, 0x1.FEp127), (0x1.FFp127, .infinity), (-0x1.FFp127, -.infinity),
    (.greatestFiniteMagnitude, .infinity), (.infinity, .infinity), (-.infinity, -.infinity),
    // Subnormal numbers are not flushed: the smallest bfloat16 is 2⁻¹³³.
    (0x1p-133, 0x1p-133), (0x1p-134, 0), (0x1.8p-134, 0x1p-133), (0x1.8p-133, 0x1p-132), (0x1p-149, 0),
    (-0x1p-149, -0.0), (Float.leastNormalMagnitude.nextDown, 0x1p-126),
  ]

  @Test func knownNumbers() {
    for (number, expected) in Self.known {
      #expect(rounded([number])[0].bitPattern == expected.bitPattern, "\(number)")
    }
  }

  @Test func whatIsNotANumberStaysSo() {
    // The last of these would be infinite if its lower half were cut off, and the first zero if it were rounded up.
    for bits in [0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FC0_0000, 0xFFC0_1234, 0x7F80_0001] as [UInt32] {
      let found = rounded([Float(bitPattern: bits)])[0]
      #expect(found.isNaN && found.bitPattern & 0xFFFF == 0 && found.bitPattern >> 31 == bits >> 31)
    }
  }

  /// Numbers of every exponent, in lengths that are no multiple of a vector or of a thread's part.
  @Test(arguments: [1, 7, 8, 9, 4096, 20_011], [Int32(1), 2, 3])
  func nearestOfAll(count: Int, threads: Int32) {
    var state = UInt32(count)
    let numbers = (0..<count).map { _ -> Float in
      state = state &* 1_664_525 &+ 1_013_904_223
      let bits = state ^ (state >> 15)
      // Every third is half way between two.
      let number = Float(bitPattern: bits % 3 == 0 ? (bits & 0xFFFF_0000) | 0x8000 : bits)
      return number.isFinite ? number : 0
    }
    let found = rounded(numbers, threads: threads)
    let wrong = numbers.indices.filter { found[$0].bitPattern != nearest(numbers[$0]).bitPattern }
    #expect(wrong.isEmpty, "\(wrong.prefix(3).map { (numbers[$0], found[$0]) })")
  }
}
