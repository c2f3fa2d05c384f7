/// The members of a tar archive (POSIX ustar, as Python's tarfile writes and reads it).
struct TarFile {
  /// Where each member's bytes are, by name.
  let members: [String: Range<Int>]

  /// Reads the headers.
  /// - Throws: ``CheckpointError`` for a member that does not lie in the file, or a header that is damaged.
  init(_ walk: MappedWalk, path: String) throws {
    let bytes = walk.bytes
    var members: [String: Range<Int>] = [:]
    var position = 0
    while position + Self.block <= bytes.count {
      walk.visit(position)
      let header = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Self.block])
      // Two empty blocks end the archive; one is enough.
      if header.allSatisfy({ $0 == 0 }) { break }
      guard let size = Self.octal(header[124..<136]), let sum = Self.octal(header[148..<156]),
        sum == Self.checksum(header)
      else {
        throw CheckpointError(
          .corrupt, path: path,
          "the header of the tar archive at offset \(position) is damaged; use another copy of the file")
      }
      let start = position + Self.block
      guard size <= bytes.count - start else {
        throw CheckpointError(
          .truncated, path: path,
          "a member of the tar archive should be \(size) bytes at offset \(start), and the file has \(bytes.count); it was cut"
        )
      }
      let name = String(decoding: header[0..<100].prefix { $0 != 0 }, as: UTF8.self)
      // Only ordinary files count.
      if header[156] == 0 || header[156] == UInt8(ascii: "0") { members[name] = start..<start + size }
      position = start + (size + Self.block - 1) / Self.block * Self.block
    }
    self.members = members
  }

  private static let block = 512

  private static func octal(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }

  /// The sum of all bytes, those of the sum itself counted as spaces.
  private static func checksum(_ header: UnsafeRawBufferPointer) -> Int {
    header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
  }
}
