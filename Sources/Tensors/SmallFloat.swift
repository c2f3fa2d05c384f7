/// A floating-point format of at most 16 bits: sign, exponent, mantissa.
///
/// Sources: IEEE 754-2019 for binary16; bfloat16 is binary32 without its last 16 bits; OCP 8-bit Floating Point
/// Specification 1.0 for the two of 8 bits, whose E4M3 has no infinity and one NaN for each sign.
struct SmallFloat {
  let exponentBits: Int
  let mantissaBits: Int
  /// Whether an exponent of all ones stands for infinity and NaN alone.
  let hasInfinity: Bool

  static let float16 = SmallFloat(exponentBits: 5, mantissaBits: 10, hasInfinity: true)
  static let bfloat16 = SmallFloat(exponentBits: 8, mantissaBits: 7, hasInfinity: true)
  static let float8E4M3 = SmallFloat(exponentBits: 4, mantissaBits: 3, hasInfinity: false)
  static let float8E5M2 = SmallFloat(exponentBits: 5, mantissaBits: 2, hasInfinity: true)

  private var bias: Int { 1 << (exponentBits - 1) - 1 }
  private var signBit: UInt16 { 1 << UInt16(exponentBits + mantissaBits) }
  /// Exponent and mantissa of all ones: a NaN in each of these formats.
  private var allOnes: UInt16 { signBit - 1 }
  private var infinity: UInt16 { allOnes & ~(1 << UInt16(mantissaBits) - 1) }

  /// The number that bits stand for, exactly.
  func number(_ bits: UInt16) -> Double {
    let magnitude = bits & allOnes
    let sign: Double = bits & signBit == 0 ? 1 : -1
    if hasInfinity ? magnitude > infinity : magnitude == allOnes { return sign * .nan }
    if hasInfinity && magnitude == infinity { return sign * .infinity }
    let exponent = Int(magnitude >> UInt16(mantissaBits))
    let mantissa = Double(magnitude & (1 << UInt16(mantissaBits) - 1))
    let isSubnormal = exponent == 0
    let significand = isSubnormal ? mantissa : mantissa + Double(1 << mantissaBits)
    return sign * Self.power(of: (isSubnormal ? 1 : exponent) - bias - mantissaBits) * significand
  }

  /// The nearest number of this format, ties to even. What is too large becomes infinity, and the largest number where the
  /// format has no infinity, as PyTorch converts.
  func bits(_ number: Double) -> UInt16 {
    let sign = number.sign == .minus ? signBit : 0
    if number.isNaN { return sign | (hasInfinity ? infinity | 1 << UInt16(mantissaBits - 1) : allOnes) }
    return sign | (encoded(number.magnitude) ?? (hasInfinity ? infinity : allOnes - 1))
  }

  /// Whether a number, rounded, is beyond the largest of this format.
  func isTooLarge(_ number: Double) -> Bool { encoded(number.magnitude) == nil }

  /// The bits of a number that is not negative; `nil` when it is too large.
  private func encoded(_ magnitude: Double) -> UInt16? {
    guard magnitude > 0 else { return 0 }
    guard magnitude.isFinite else { return nil }
    let exponent = max(Int(magnitude.exponent), 1 - bias)
    guard exponent <= bias + 1 else { return nil }
    // A whole number of the last mantissa bit, of at most mantissaBits + 2 bits: scaling by a power of two is exact.
    let steps = (magnitude * Self.power(of: mantissaBits - exponent)).rounded(.toNearestOrEven)
    // A subnormal has the field 0, and so has the hidden bit of steps its place; rounding up carries into the exponent.
    let encoded = UInt32(exponent + bias - 1) << UInt32(mantissaBits) + UInt32(steps)
    return encoded >= UInt32(hasInfinity ? infinity : allOnes) ? nil : UInt16(encoded)
  }

  private static func power(of exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
