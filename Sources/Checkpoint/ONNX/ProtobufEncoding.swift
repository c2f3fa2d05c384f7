/// Puts messages of Protocol Buffers together, field by field.
extension [UInt8] {
  /// A field of a whole number.
  mutating func append(field: Int, _ number: Int) {
    append(varint: UInt64(field << 3))
    append(varint: UInt64(bitPattern: Int64(number)))
  }

  /// A field of bytes: a text or a message.
  mutating func append(field: Int, bytes: some Collection<UInt8>) {
    append(field: field, byteCount: bytes.count)
    append(contentsOf: bytes)
  }

  /// The beginning of a field of bytes that follow elsewhere.
  mutating func append(field: Int, byteCount: Int) {
    append(varint: UInt64(field << 3 | 2))
    append(varint: UInt64(byteCount))
  }

  private mutating func append(varint number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
