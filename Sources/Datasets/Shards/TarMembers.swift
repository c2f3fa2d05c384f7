/// The ordinary files of a tar archive, one after the other, by their headers alone: POSIX ustar and pax (IEEE Std 1003.1,
/// "pax Interchange Format"), and GNU's long names and large sizes. Contents are not read.
struct TarMembers {
  /// A file in the archive.
  struct Member {
    let name: String
    /// Where its bytes are.
    let range: Range<Int>
  }

  private static let block = 512
  /// A header that extends the next one may be this long, in bytes.
  private static let largestExtension = 1 << 20

  private let file: RandomAccessFile
  private var position = 0
  private var isAtEnd = false

  /// At the beginning of an archive.
  init(_ file: RandomAccessFile) { self.file = file }

  /// What headers before a member say of it.
  private struct Extension {
    /// As it is written, in whatever code.
    var name: [UInt8]?
    var size: Int?
  }

  /// The next ordinary file; nil at the end of the archive.
  /// - Throws: ``DatasetsError`` for a damaged header, or an archive that was cut.
  mutating func next() throws(DatasetsError) -> Member? {
    var more = Extension()
    while !isAtEnd {
      guard position + Self.block <= file.size else {
        throw damaged(position, "it ends without the mark of its end, so it was cut")
      }
      let at = position
      let header = try file.read(at..<at + Self.block)
      if header.allSatisfy({ $0 == 0 }) {
        isAtEnd = true
        return nil
      }
      guard Self.octal(header[148..<156]) == Self.checksum(header), let ownSize = Self.number(header[124..<136]) else {
        throw damaged(at, "its header is damaged, or this is no tar archive (unpacked: a .tar.gz is not read)")
      }
      let kind = header[156]
      let size = kind == UInt8(ascii: "0") || kind == 0 ? more.size ?? ownSize : ownSize
      let start = at + Self.block
      guard size <= file.size - start else {
        throw damaged(
          at, "a member should have \(size) bytes, and the archive has \(file.size - start) left, so it was cut")
      }
      position = start + (size + Self.block - 1) / Self.block * Self.block
      switch kind {
      case 0, UInt8(ascii: "0"):
        let name = more.name.map { String(validating: $0, as: UTF8.self) } ?? Self.name(header)
        guard let name else { throw damaged(at, "a member's name is not UTF-8: rename it and pack again") }
        return Member(name: name, range: start..<start + size)
      case UInt8(ascii: "x"): try extend(&more, from: start..<start + size)
      case UInt8(ascii: "L"):
        more.name = try longName(start..<start + size)
      case UInt8(ascii: "S"): throw damaged(at, "a member is sparse, which is not read: pack it without --sparse")
      default: more = Extension()  // Folders, links and the like.
      }
    }
    return nil
  }

  /// Takes in the records `length key=value` of a pax header.
  private func extend(_ more: inout Extension, from range: Range<Int>) throws(DatasetsError) {
    guard range.count <= Self.largestExtension else {
      throw damaged(
        range.lowerBound, "a header of \(range.count) bytes extends another; at most \(Self.largestExtension)")
    }
    var rest = try file.read(range)[...]
    while let digits = rest.firstIndex(of: 0x20) {
      guard let length = Int(String(decoding: rest[..<digits], as: UTF8.self)), length > 0, length <= rest.count,
        digits + 1 < rest.startIndex + length, rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
      else { throw damaged(range.lowerBound, "a record of its pax header has no good length") }
      let record = rest[(digits + 1)..<(rest.startIndex + length - 1)]
      rest = rest[(rest.startIndex + length)...]
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = record[(equals + 1)...]
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": more.name = Array(value)
      case "size":
        guard let size = Int(String(decoding: value, as: UTF8.self)), size >= 0 else {
          throw damaged(range.lowerBound, "its pax header gives no good size")
        }
        more.size = size
      case let key where key.hasPrefix("GNU.sparse"):
        throw damaged(range.lowerBound, "a member is sparse, which is not read: pack it without --sparse")
      default: break
      }
    }
  }

  /// The content of one of GNU's headers of long names, up to its zero.
  private func longName(_ range: Range<Int>) throws(DatasetsError) -> [UInt8] {
    guard range.count <= Self.largestExtension else {
      throw damaged(range.lowerBound, "a name of \(range.count) bytes; at most \(Self.largestExtension) are read")
    }
    return Array(try file.read(range).prefix { $0 != 0 })
  }

  private func damaged(_ offset: Int, _ reason: String) -> DatasetsError {
    DatasetsError(.corrupt, at: file.path, "at byte \(offset) of the archive: \(reason)")
  }

  /// The name in a header, with ustar's prefix.
  private static func name(_ header: [UInt8]) -> String? {
    func text(_ range: Range<Int>) -> String? { String(validating: header[range].prefix { $0 != 0 }, as: UTF8.self) }
    guard let name = text(0..<100) else { return nil }
    let isPosix = header[257..<263].elementsEqual(Array("ustar\0".utf8))
    guard isPosix, let prefix = text(345..<500), !prefix.isEmpty else { return name }
    return "\(prefix)/\(name)"
  }

  /// Octal digits, or GNU's big-endian binary when the first bit is set.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
    var value = Int(first & 0x7F)
    for byte in field.dropFirst() {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
      guard !overflow else { return nil }
      value = shifted | Int(byte)
    }
    return value
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }

  /// The sum of all bytes, those of the sum itself counted as spaces.
  private static func checksum(_ header: [UInt8]) -> Int {
    header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
  }
}
