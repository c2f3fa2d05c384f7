import Tensors

/// Brings the numbers of an ONNX tensor into memory.
enum OnnxNumbers {
  /// A number that its type cannot hold.
  struct OutOfRange: Error {}

  /// Fills `bytes` with the numbers of the fields of a message.
  static func read(_ tensor: OnnxTensor, from message: ProtobufMessage, into bytes: UnsafeMutableRawBufferPointer)
    throws
  {
    var sink = Sink(
      bytes: bytes, size: tensor.type.perByte == 2 ? 1 : tensor.type.dtype.size, isBool: tensor.type.dtype == .bool)
    try message.forEachField { field, value in
      guard field == tensor.type.field else { return }
      switch value {
      case .varint(let bits): try sink.add(bits)
      case .fixed32(let bits): try sink.add(bytesOf: bits.littleEndian)
      case .fixed64(let bits): try sink.add(bytesOf: bits.littleEndian)
      case .bytes(let packed):
        switch tensor.type.dtype {
        case .float32, .complex64, .float64, .complex128: try packed.forEachPiece { try sink.add($0) }
        default: try packed.forEachVarint { try sink.add($0) }
        }
      }
    }
    guard sink.count == bytes.count else { throw OutOfRange() }
  }

  /// Takes two elements of four bits out of each byte, the lower half first.
  static func unpack(_ packed: [UInt8], isSigned: Bool, into bytes: UnsafeMutableRawBufferPointer) {
    for index in bytes.indices {
      let half = index.isMultiple(of: 2) ? packed[index / 2] & 15 : packed[index / 2] >> 4
      bytes[index] = isSigned && half > 7 ? half | 0xF0 : half
    }
  }

  /// Numbers one after the other in memory.
  private struct Sink {
    let bytes: UnsafeMutableRawBufferPointer
    /// The bytes of an element.
    let size: Int
    let isBool: Bool
    private(set) var count = 0

    init(bytes: UnsafeMutableRawBufferPointer, size: Int, isBool: Bool) {
      self.bytes = bytes
      self.size = size
      self.isBool = isBool
    }

    /// A whole number, negative ones in 64 bits.
    mutating func add(_ bits: UInt64) throws {
      guard bytes.count - count >= size else { throw OutOfRange() }
      let width = UInt64(8 * size)
      let fits = size == 8 || bits >> width == 0 || ~bits >> (width - 1) == 0
      guard fits, !isBool || bits <= 1 else { throw OutOfRange() }
      withUnsafeBytes(of: bits.littleEndian) { source in
        UnsafeMutableRawBufferPointer(rebasing: bytes[count..<count + size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<size]))
      }
      count += size
    }

    mutating func add(bytesOf number: some FixedWidthInteger) throws {
      try withUnsafeBytes(of: number) { try add($0) }
    }

    mutating func add(_ more: UnsafeRawBufferPointer) throws {
      guard more.count <= bytes.count - count else { throw OutOfRange() }
      UnsafeMutableRawBufferPointer(rebasing: bytes[count..<count + more.count]).copyMemory(from: more)
      count += more.count
    }
  }
}
