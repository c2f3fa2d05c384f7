import Testing

@testable import Tensors

struct SmallFloatTests {
  static let formats: [SmallFloat] = [.float16, .bfloat16, .float8E4M3, .float8E5M2]

  /// Numbers of all magnitudes, with many ties and neighbours of ties.
  private static func samples(_ count: Int) -> [Double] {
    var random = RandomSource(seed: 7, purpose: .synthetic)
    return (0..<count).map { index in
      let exponent = random.integer(below: 60) - 32
      let steps =
        Double(random.integer(below: 4096)) + (index % 3 == 0 ? 0.5 : index % 3 == 1 ? Double(random.uniform()) : 0)
      return (index % 2 == 0 ? 1 : -1) * steps * Double(sign: .plus, exponent: exponent - 12, significand: 1)
    }
  }

  @Test func halfPrecisionIsThatOfTheProcessor() {
    for bits in UInt16.min ... .max {
      let expected = Double(Float16(bitPattern: bits))
      let found = SmallFloat.float16.number(bits)
      #expect(found == expected || (found.isNaN && expected.isNaN), "\(bits)")
    }
    for number in Self.samples(20_000) + [65_504, 65_519.999, 65_520, 1e-8, .infinity, -.infinity, 0, -0.0] {
      #expect(SmallFloat.float16.bits(number) == Float16(number).bitPattern, "\(number)")
    }
  }

  @Test func bfloat16IsTheUpperHalfOfFloat32() {
    for bits in stride(from: UInt16.min, to: .max, by: 7) {
      let expected = Double(Float(bitPattern: UInt32(bits) << 16))
      let found = SmallFloat.bfloat16.number(bits)
      #expect(found == expected || (found.isNaN && expected.isNaN), "\(bits)")
    }
  }

  /// Every number of a format comes back, and any other becomes the nearest, a tie the even one.
  @Test(arguments: formats.indices)
  func roundsToTheNearest(index: Int) {
    let format = Self.formats[index]
    let bits = UInt16(format.exponentBits + format.mantissaBits)
    let positive = (0..<UInt16(1) << bits).map { ($0, format.number($0)) }.filter { $0.1.isFinite }
    for (code, number) in positive {
      #expect(format.bits(number) == code)
      #expect(format.bits(-number) == code | 1 << bits)
    }
    for ((lowCode, low), (highCode, high)) in zip(positive, positive.dropFirst()) {
      let middle = (low + high) / 2
      #expect(format.bits(middle) == (lowCode & 1 == 0 ? lowCode : highCode))
      #expect(format.bits(middle.nextDown) == lowCode && format.bits(middle.nextUp) == highCode)
    }
  }

  /// PyTorch 2.15: `torch.tensor([463.9, 464.1, 1e9, inf]).to(torch.float8_e4m3fn)` is 448 four times.
  @Test func tooLargeNumbers() {
    #expect(SmallFloat.float8E4M3.number(SmallFloat.float8E4M3.bits(463.9)) == 448)
    for number in [464.1, 1e9, .infinity] {
      #expect(SmallFloat.float8E4M3.number(SmallFloat.float8E4M3.bits(number)) == 448)
      #expect(SmallFloat.float8E4M3.isTooLarge(number) && !SmallFloat.float8E4M3.isTooLarge(464))
    }
    #expect(SmallFloat.float8E5M2.number(SmallFloat.float8E5M2.bits(1e9)) == .infinity)
    #expect(SmallFloat.bfloat16.number(SmallFloat.bfloat16.bits(3.4e38)) == .infinity)
    for format in Self.formats { #expect(format.number(format.bits(.nan)).isNaN) }
  }

  @Test func tensorsAreConvertedAndCounted() throws {
    let tensor = Tensor([Float]([1, 1.0009765625, 1e-9, 70_000, -.infinity, .nan, 0]), shape: [7])
    let half = try #require(tensor.converted(to: .float16))
    #expect(half.overflowCount == 1 && half.underflowCount == 1)
    var numbers: [Double] = []
    half.tensor.forEachBlock { numbers += $0 }
    #expect(numbers.prefix(5) == [1, 1.0009765625, 0, .infinity, -.infinity] && numbers[5].isNaN && numbers[6] == 0)
    #expect(tensor.converted(to: .int64) == nil)
    #expect(try #require(tensor.converted(to: .float64)?.tensor.converted(to: .float32)).tensor.isIdentical(to: tensor))
  }
}
