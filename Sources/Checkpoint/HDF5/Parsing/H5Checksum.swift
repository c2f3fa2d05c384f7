/// The checksums of HDF5.
enum H5Checksum {
  /// Bob Jenkins' lookup3 (`hashlittle`, initial value 0), which guards structures of the file.
  static func lookup3(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.withUnsafeBytes { lookup3($0) } }

  private static func lookup3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (a, b, c) = (0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count), UInt32(0), UInt32(0))
    (b, c) = (a, a)
    var position = 0
    func word(_ index: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4 * index, as: UInt32.self))
    }
    func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
    while bytes.count - position > 12 {
      a &+= word(0)
      b &+= word(1)
      c &+= word(2)
      a &-= c; a ^= rotated(c, 4); c &+= b
      b &-= a; b ^= rotated(a, 6); a &+= c
      c &-= b; c ^= rotated(b, 8); b &+= a
      a &-= c; a ^= rotated(c, 16); c &+= b
      b &-= a; b ^= rotated(a, 19); a &+= c
      c &-= b; c ^= rotated(b, 4); b &+= a
      position += 12
    }
    let rest = bytes.count - position
    guard rest > 0 else { return c }
    var tail: (UInt32, UInt32, UInt32) = (0, 0, 0)
    for index in 0..<rest {
      let byte = UInt32(bytes[position + index]) << UInt32(8 * (index % 4))
      switch index / 4 {
      case 0: tail.0 |= byte
      case 1: tail.1 |= byte
      default: tail.2 |= byte
      }
    }
    a &+= tail.0
    b &+= tail.1
    c &+= tail.2
    c ^= b; c &-= rotated(b, 14)
    a ^= c; a &-= rotated(c, 11)
    b ^= a; b &-= rotated(a, 25)
    c ^= b; c &-= rotated(b, 16)
    a ^= c; a &-= rotated(c, 4)
    b ^= a; b &-= rotated(a, 14)
    c ^= b; c &-= rotated(b, 24)
    return c
  }

  /// Fletcher's sum over 16-bit big-endian words, as the filter `fletcher32` has it.
  static func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (first, second) = (UInt32(0), UInt32(0))
    var position = 0
    let words = bytes.count / 2
    var left = words
    while left > 0 {
      // So many words before the sums could overflow.
      let block = min(left, 360)
      for _ in 0..<block {
        first &+= UInt32(bytes[position]) << 8 | UInt32(bytes[position + 1])
        second &+= first
        position += 2
      }
      left -= block
      first = (first & 0xFFFF) &+ (first >> 16)
      second = (second & 0xFFFF) &+ (second >> 16)
    }
    if bytes.count % 2 == 1 {
      first &+= UInt32(bytes[position]) << 8
      second &+= first
      first = (first & 0xFFFF) &+ (first >> 16)
      second = (second & 0xFFFF) &+ (second >> 16)
    }
    first = (first & 0xFFFF) &+ (first >> 16)
    second = (second & 0xFFFF) &+ (second >> 16)
    return second << 16 | first
  }
}
