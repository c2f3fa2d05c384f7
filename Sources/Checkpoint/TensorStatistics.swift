public import Tensors

/// What the numbers of a tensor are like.
///
/// Of complex tensors, real and imaginary parts count as numbers of their own; `false` and `true` count as 0 and 1.
public struct TensorStatistics: Sendable, Hashable {
  /// The numbers that are infinite or not a number; the rest of the statistics is without them.
  public private(set) var nonFiniteCount = 0
  /// The finite numbers.
  public private(set) var finiteCount = 0
  /// The smallest number; `nil` when there is none.
  public private(set) var minimum: Double?
  /// The largest number; `nil` when there is none.
  public private(set) var maximum: Double?
  /// The mean; `nil` when there is no number.
  public private(set) var mean: Double?
  /// The standard deviation of the numbers as a whole population (divided by their count); `nil` when there is none.
  public private(set) var standardDeviation: Double?

  /// Statistics in double precision, in two passes over the tensor, which is looked at piece by piece.
  public init(of tensor: Tensor) {
    tensor.withUnsafeBytes { bytes in
      switch tensor.dtype {
      case .bool: scan(bytes, UInt8.self) { $0 == 0 ? 0 : 1 }
      case .uint8: scan(bytes, UInt8.self) { Double($0) }
      case .uint16: scan(bytes, UInt16.self) { Double($0) }
      case .uint32: scan(bytes, UInt32.self) { Double($0) }
      case .uint64: scan(bytes, UInt64.self) { Double($0) }
      case .int8: scan(bytes, Int8.self) { Double($0) }
      case .int16: scan(bytes, Int16.self) { Double($0) }
      case .int32: scan(bytes, Int32.self) { Double($0) }
      case .int64: scan(bytes, Int64.self) { Double($0) }
      case .float16: scan(bytes, Float16.self) { Double($0) }
      case .bfloat16: scan(bytes, UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .float32, .complex64: scan(bytes, Float.self) { Double($0) }
      case .float64, .complex128: scan(bytes, Double.self) { $0 }
      case .float8E4M3: scan(bytes, UInt8.self) { Self.e4m3[Int($0)] }
      case .float8E5M2: scan(bytes, UInt8.self) { Double(Float16(bitPattern: UInt16($0) << 8)) }
      }
    }
  }

  private mutating func scan<Element: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Element.Type, _ number: (Element) -> Double
  ) {
    let size = MemoryLayout<Element>.size
    var (sum, low, high) = (0.0, Double.infinity, -Double.infinity)
    for start in stride(from: 0, to: bytes.count, by: size) {
      let value = number(bytes.loadUnaligned(fromByteOffset: start, as: Element.self))
      guard value.isFinite else {
        nonFiniteCount += 1
        continue
      }
      finiteCount += 1
      sum += value
      low = min(low, value)
      high = max(high, value)
    }
    guard finiteCount > 0 else { return }
    // The sum of numbers near the largest double may overflow; the mean is then said to be infinite.
    let mean = sum / Double(finiteCount)
    var squares = 0.0
    for start in stride(from: 0, to: bytes.count, by: size) {
      let value = number(bytes.loadUnaligned(fromByteOffset: start, as: Element.self))
      if value.isFinite { squares += (value - mean) * (value - mean) }
    }
    minimum = low
    maximum = high
    self.mean = mean
    standardDeviation = (squares / Double(finiteCount)).squareRoot()
  }

  /// The numbers of the OCP 8-bit floating point type E4M3: bias 7, no infinity, 0x7F and 0xFF are not numbers.
  private static let e4m3: [Double] = (0..<256).map { code in
    let (exponent, fraction) = (code >> 3 & 15, Double(code & 7) / 8)
    if code & 0x7F == 0x7F { return .nan }
    let magnitude =
      exponent == 0
      ? Double(sign: .plus, exponent: -6, significand: fraction)
      : Double(sign: .plus, exponent: exponent - 7, significand: 1 + fraction)
    return code & 0x80 == 0 ? magnitude : -magnitude
  }
}
