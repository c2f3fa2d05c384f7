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
    switch dtype.size {
    case 1: gather(UInt8.self, shape, strides, source)
    case 2: gather(UInt16.self, shape, strides, source)
    case 4: gather(UInt32.self, shape, strides, source)
    case 8: gather(UInt64.self, shape, strides, source)
    default: gather(UInt128.self, shape, strides, source)
    }
  }

  private func gather<Word: BitwiseCopyable>(
    _ type: Word.Type, _ shape: Shape, _ strides: [Int], _ source: UnsafeRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    let inner = shape.dimensions.last ?? 1
    let step = (strides.last ?? 0) * size
    let outer = shape.rank - 1
    var position = [Int](repeating: 0, count: max(outer, 0))
    var start = 0
    var target = 0
    while target < bytes.count {
      var place = start
      for _ in 0..<inner {
        bytes.storeBytes(of: source.loadUnaligned(fromByteOffset: place, as: type), toByteOffset: target, as: type)
        place += step
        target += size
      }
      // The next row: the last of the other axes counts fastest.
      for axis in stride(from: outer - 1, through: 0, by: -1) {
        position[axis] += 1
        start += strides[axis] * size
        if position[axis] < shape[axis] { break }
        start -= shape[axis] * strides[axis] * size
        position[axis] = 0
      }
    }
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
