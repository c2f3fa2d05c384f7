import CCRC

/// CRC-32 as zip, gzip and PNG have it.
struct CRC32: Sendable {
  /// The checksum of the bytes so far.
  private(set) var value: UInt32 = 0

  /// Takes in more bytes.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = zoo_crc32(value, bytes.baseAddress, bytes.count)
  }

  /// Takes in `count` more bytes whose checksum is `other`.
  mutating func update(_ other: UInt32, count: Int) { value = zoo_crc32_combine(value, other, Int64(count)) }

  /// The checksum of bytes.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { zoo_crc32(0, bytes.baseAddress, bytes.count) }
}
