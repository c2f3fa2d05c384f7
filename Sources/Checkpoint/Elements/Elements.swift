import Tensors

/// The bytes of a tensor while they are brought into order.
struct Elements {
  private let dtype: DType
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ dtype: DType, _ bytes: UnsafeMutableRawBufferPointer) {
    self.dtype = dtype
    self.bytes = bytes
  }

  /// Fills all elements, in row-major order, from elements that are `strides` apart along each axis.
  func gather(_ shape: Shape, _ strides: [Int], from source: UnsafeRawBufferPointer) {
    guard let from = source.baseAddress, let to = bytes.baseAddress, !bytes.isEmpty else { return }
    StridedCopy(rowMajor: shape.dimensions, from: strides).run(elementSize: dtype.size, from: from, to: to)
  }

  /// Turns stored elements into those that are meant.
  /// - Parameters:
  ///   - isSwapped: Whether they are big-endian.
  ///   - isConjugate: Whether complex numbers are to be conjugated.
  ///   - isNegative: Whether all are to be negated.
  func apply(swapped isSwapped: Bool, conjugate isConjugate: Bool, negative isNegative: Bool) {
    let isComplex = dtype == .complex64 || dtype == .complex128
    let part = isComplex ? dtype.size / 2 : dtype.size
    if isSwapped {
      for start in stride(from: 0, to: bytes.count, by: part) {
        for offset in 0..<part / 2 { bytes.swapAt(start + offset, start + part - 1 - offset) }
      }
    }
    guard isConjugate || isNegative else { return }
    if isComplex {
      // The sign is the last byte's highest bit. Conjugating turns the imaginary part, negating both.
      for start in stride(from: 0, to: bytes.count, by: dtype.size) {
        if isNegative { bytes[start + part - 1] ^= 0x80 }
        if isNegative != isConjugate { bytes[start + dtype.size - 1] ^= 0x80 }
      }
    } else if isNegative, dtype.isFloatingPoint {
      for start in stride(from: 0, to: bytes.count, by: part) { bytes[start + part - 1] ^= 0x80 }
    } else if isNegative, dtype != .bool {
      for start in stride(from: 0, to: bytes.count, by: part) { negate(start..<start + part) }
    }
  }

  /// Negates a whole number in two's complement.
  private func negate(_ range: Range<Int>) {
    var carry = true
    for index in range {
      let (value, overflow) = (~bytes[index]).addingReportingOverflow(carry ? 1 : 0)
      bytes[index] = value
      carry = overflow
    }
  }
}
