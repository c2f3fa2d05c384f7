/// A tensor in another floating-point type.
extension Tensor {
  /// What a conversion gave.
  public struct Converted: Sendable {
    /// The numbers in the new type.
    public let tensor: Tensor
    /// Finite numbers that are too large for it: they have become infinity, or the largest number in `float8_e4m3fn`.
    public let overflowCount: Int
    /// Numbers other than 0 that are too small for it: they have become 0.
    public let underflowCount: Int
  }

  /// Each number rounded to the nearest of another type, ties to even. NaN stays NaN.
  /// - Returns: `nil` when one of the types is not a real floating-point type: such numbers are not converted in passing.
  public func converted(to target: DType) -> Converted? {
    if target == dtype { return Converted(tensor: self, overflowCount: 0, underflowCount: 0) }
    guard dtype.isFloatingPoint, target.isFloatingPoint else { return nil }
    var (overflows, underflows) = (0, 0)
    let tensor = Tensor(shape, dtype: target) { bytes in
      var index = 0
      forEachBlock { block in
        for number in block {
          let stored = target.store(number, at: index, in: bytes)
          if number.isFinite && target.isTooLarge(number) { overflows += 1 }
          if stored == 0 && number != 0 { underflows += 1 }
          index += 1
        }
      }
    }
    return Converted(tensor: tensor, overflowCount: overflows, underflowCount: underflows)
  }
}

extension DType {
  fileprivate func isTooLarge(_ number: Double) -> Bool {
    switch self {
    case .float16: SmallFloat.float16.isTooLarge(number)
    case .bfloat16: SmallFloat.bfloat16.isTooLarge(number)
    case .float8E4M3: SmallFloat.float8E4M3.isTooLarge(number)
    case .float8E5M2: SmallFloat.float8E5M2.isTooLarge(number)
    case .float32: Float(number).isInfinite
    default: false
    }
  }

  /// Writes a number as the element of an index.
  /// - Returns: What it has become.
  fileprivate func store(_ number: Double, at index: Int, in bytes: UnsafeMutableRawBufferPointer) -> Double {
    func small(_ format: SmallFloat) -> Double {
      let bits = format.bits(number)
      if size == 1 {
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: index, as: UInt8.self)
      } else {
        bytes.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
      }
      return format.number(bits)
    }
    switch self {
    case .float32:
      bytes.storeBytes(of: Float(number), toByteOffset: 4 * index, as: Float.self)
      return Double(Float(number))
    case .float64:
      bytes.storeBytes(of: number, toByteOffset: 8 * index, as: Double.self)
      return number
    case .float16: return small(.float16)
    case .bfloat16: return small(.bfloat16)
    case .float8E4M3: return small(.float8E4M3)
    case .float8E5M2: return small(.float8E5M2)
    default: preconditionFailure("\(rawValue) is no floating-point type")
    }
  }
}
