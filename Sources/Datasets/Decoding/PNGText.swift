import CZlib

/// The text chunks of PNG (ISO/IEC 15948, 11.3.4), in which metadata lie too.
enum PNGText {
  /// A text that unpacks to more is passed over, in bytes: Pillow's limit.
  static let mostBytes = 1 << 20

  /// The text of a chunk when its keyword is `keyword`, unpacked if it is packed.
  /// - Parameters:
  ///   - type: `tEXt`, `zTXt` or `iTXt`; other chunks have no text.
  ///   - content: What the chunk holds.
  static func text(_ type: [UInt8], _ content: UnsafeBufferPointer<UInt8>, keyword: StaticString) -> [UInt8]? {
    let isKeyword = keyword.withUTF8Buffer { content.count > $0.count && content.starts(with: $0) }
    let start = keyword.utf8CodeUnitCount
    guard isKeyword, content[start] == 0 else { return nil }
    var rest = content[(start + 1)...]
    switch String(decoding: type, as: UTF8.self) {
    case "tEXt": return Array(rest)
    case "zTXt":
      guard rest.popFirst() == 0 else { return nil }
      return unpacked(rest)
    case "iTXt":
      guard let isPacked = rest.popFirst(), let method = rest.popFirst() else { return nil }
      // The language, and the keyword in it.
      for _ in 0..<2 {
        guard let zero = rest.firstIndex(of: 0) else { return nil }
        rest = rest[(zero + 1)...]
      }
      if isPacked == 0 { return Array(rest) }
      return method == 0 ? unpacked(rest) : nil
    default: return nil
    }
  }

  /// What zlib packed; nil when it is damaged or too much.
  private static func unpacked(_ packed: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
    // Deflate shrinks at most 1032 : 1.
    let room = packed.count < mostBytes / 1032 ? 1032 * packed.count : mostBytes
    var count = uLongf(room)
    var status = Z_DATA_ERROR
    let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
      let source = UnsafeBufferPointer(rebasing: packed)
      status = uncompress(buffer.baseAddress, &count, source.baseAddress, uLong(source.count))
      initialized = status == Z_OK ? Int(count) : 0
    }
    return status == Z_OK ? bytes : nil
  }

  /// The bytes that ImageMagick writes as hexadecimal text after three lines: nothing, the profile's name and its length.
  static func rawProfile(_ text: [UInt8]) -> [UInt8]? {
    var lines = 0
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
      if lines < 3 {
        if character == UInt8(ascii: "\n") { lines += 1 }
        continue
      }
      if character == UInt8(ascii: "\n") || character == UInt8(ascii: " ") { continue }
      guard let digit = Character(UnicodeScalar(character)).hexDigitValue.map(UInt8.init) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? bytes : nil
  }
}
