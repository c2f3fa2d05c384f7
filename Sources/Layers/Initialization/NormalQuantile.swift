#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The quantile function of the standard normal distribution for 32-bit words, as a table of cubics.
///
/// A word w stands for the probability (w + ½)·2⁻³², so that the numbers reach ±6.3. By symmetry the table holds one tail,
/// p = f·2⁻³² with f in [½, 2³¹]; each power of two is cut into 16 pieces of equal width, found from the bits of the
/// floating-point number f (hierarchical segmentation: Lee, Cheung, Villasenor, Luk & Leong 2006).
/// The largest absolute error is 6·10⁻⁷, of which the cubics have 10⁻⁷ and the arithmetic in float32 has the rest.
struct NormalQuantile: Sendable {
  /// Four coefficients for each piece, the constant first, in t from 0 at the piece's lower end to 1 at its upper.
  let coefficients: [Float]

  /// The table, made when it is first asked for (half a millisecond).
  static let table = NormalQuantile()

  /// The bits of a float32 above those that count inside a piece: sign, exponent and the first four of the mantissa.
  static let pieceShift: UInt32 = 19
  /// The bits of f's smallest value, ½, shifted alike: the first piece.
  static let firstPiece = Float(0.5).bitPattern >> pieceShift

  private init() {
    // One more than the pieces of [½, 2³¹): f rounds up to 2³¹ itself, where the quantile is 0.
    let pieces = (Float(0x1p31).bitPattern >> Self.pieceShift) - Self.firstPiece
    var coefficients: [Float] = []
    for piece in Self.firstPiece..<Self.firstPiece + pieces {
      let lower = Double(Float(bitPattern: piece << Self.pieceShift))
      let upper = Double(Float(bitPattern: (piece + 1) << Self.pieceShift))
      coefficients += Self.cubic { t in Self.upperQuantile((lower + (upper - lower) * t) * 0x1p-32) }
    }
    self.coefficients = coefficients + [0, 0, 0, 0]
  }

  /// The cubic through `function` at the four Chebyshev nodes of 0...1.
  private static func cubic(_ function: (Double) -> Double) -> [Float] {
    let nodes = (0..<4).map { 0.5 - 0.5 * cos(Double.pi * (2 * Double($0) + 1) / 8) }
    // Newton's divided differences, in place.
    var divided = nodes.map(function)
    for order in 1..<4 {
      for index in stride(from: 3, through: order, by: -1) {
        divided[index] = (divided[index] - divided[index - 1]) / (nodes[index] - nodes[index - order])
      }
    }
    // Horner's scheme on polynomials turns Newton's form into powers of t.
    var powers = [0.0, 0, 0, 0]
    for index in stride(from: 3, through: 0, by: -1) {
      for power in stride(from: 3, through: 1, by: -1) {
        powers[power] = powers[power - 1] - nodes[index] * powers[power]
      }
      powers[0] = divided[index] - nodes[index] * powers[0]
    }
    return powers.map(Float.init)
  }

  /// The z ≥ 0 whose upper tail has the probability p in (0, ½], by Newton's method on the logarithm of the tail.
  private static func upperQuantile(_ p: Double) -> Double {
    let target = log(p)
    var z = (-2 * log(2 * p)).squareRoot()
    for _ in 0..<8 {
      let tail = normalTail(z)
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      z += (log(tail) - target) * tail / density
    }
    return z
  }
}

/// The probability that a standard normal number is larger than z.
func normalTail(_ z: Double) -> Double { 0.5 * erfc(z * 0.5.squareRoot()) }
