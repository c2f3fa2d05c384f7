/// A message of Protocol Buffers, read field by field (the wire format of protobuf.dev/programming-guides/encoding).
struct ProtobufMessage {
  /// A field: its number and what it holds.
  enum Value {
    /// A number, as its bits.
    case varint(UInt64)
    /// Four bytes.
    case fixed32(UInt32)
    /// Eight bytes.
    case fixed64(UInt64)
    /// A message, a text, or packed numbers.
    case bytes(ProtobufMessage)
  }

  /// The file that is walked; positions count from its start.
  let walk: MappedWalk
  /// Those of this message.
  let range: Range<Int>

  /// What is wrong with a message, and where.
  struct Malformed: Error {
    let position: Int
  }

  /// Calls `body` for each field in order.
  /// - Throws: ``Malformed`` for what is cut off, groups, and fields without a number.
  func forEachField(_ body: (Int, Value) throws -> Void) throws {
    var position = range.lowerBound
    while position < range.upperBound {
      let start = position
      walk.visit(start)
      let key = try varint(&position)
      guard let number = Int(exactly: key >> 3), number > 0, number < 1 << 29 else { throw Malformed(position: start) }
      switch key & 7 {
      case 0: try body(number, .varint(try varint(&position)))
      case 1:
        guard range.upperBound - position >= 8 else { throw Malformed(position: start) }
        try body(number, .fixed64(walk.bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian))
        position += 8
      case 2:
        let length = try varint(&position)
        guard length <= UInt64(range.upperBound - position) else { throw Malformed(position: start) }
        let end = position + Int(length)
        try body(number, .bytes(ProtobufMessage(walk: walk, range: position..<end)))
        position = end
      case 5:
        guard range.upperBound - position >= 4 else { throw Malformed(position: start) }
        try body(number, .fixed32(walk.bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian))
        position += 4
      default: throw Malformed(position: start)
      }
    }
  }

  /// Calls `body` for each number of a packed field.
  func forEachVarint(_ body: (UInt64) throws -> Void) throws {
    var position = range.lowerBound
    while position < range.upperBound {
      walk.visit(position)
      try body(try varint(&position))
    }
  }

  private func varint(_ position: inout Int) throws -> UInt64 {
    var value: UInt64 = 0
    let start = position
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < range.upperBound else { throw Malformed(position: start) }
      let byte = walk.bytes[position]
      position += 1
      // Of the tenth byte only one bit is left.
      guard shift < 63 || byte <= 1 else { throw Malformed(position: start) }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw Malformed(position: start)
  }

  /// The bytes themselves.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: walk.bytes[range]) }

  /// Calls `body` for the bytes, a piece after the other.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
      walk.visit(start)
      try body(UnsafeRawBufferPointer(rebasing: walk.bytes[start..<min(start + (1 << 20), range.upperBound)]))
    }
  }

  /// The bytes as text, of a longer one the first 64 KB; what is no UTF-8 becomes the replacement character.
  var text: String { String(decoding: bytes.prefix(1 << 16), as: UTF8.self) }

  /// All bytes as text, for those who know that they have room for it.
  var wholeText: String { String(decoding: bytes, as: UTF8.self) }
}

extension ProtobufMessage.Value {
  /// The number of a field of whole numbers.
  var integer: Int? {
    if case .varint(let bits) = self { Int(truncatingIfNeeded: bits) } else { nil }
  }

  /// The message, or the bytes, of a field.
  var message: ProtobufMessage? {
    if case .bytes(let message) = self { message } else { nil }
  }
}
