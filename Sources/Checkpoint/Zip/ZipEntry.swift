/// One file of a zip archive.
struct ZipEntry: Sendable, Hashable {
  /// How the bytes stand in the archive.
  enum Method: UInt16, Sendable {
    case stored = 0
    case deflated = 8
  }

  /// The name, `archive/data/0`.
  let name: String
  /// How the bytes stand in the archive.
  let method: Method
  /// Where its local header begins in the file.
  let headerOffset: Int
  /// Where its bytes, stored or deflated, begin in the file.
  let offset: Int
  /// The bytes that it takes in the file.
  let storedCount: Int
  /// The bytes that it holds.
  let byteCount: Int
  /// The CRC-32 of what it holds.
  let crc: UInt32

  /// Whether it stands for a folder, and holds nothing.
  var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }

  /// What it is called in errors: the escaped name in quotation marks.
  var label: String { "'\(name.terminalEscaped)'" }
}
