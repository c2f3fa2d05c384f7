/// The records of a CSV file (RFC 4180), one after the other: quoted fields with separators, ends of line and doubled quotes
/// in them, ends of line of any system, a byte order mark. Lines of nothing are passed over.
struct SeparatedValues {
  private let bytes: [UInt8]
  private let separator: UInt8
  private let path: String
  private var place = 0
  private var line = 1

  /// - Throws: ``DatasetsError`` when the text is not UTF-8.
  init(_ bytes: [UInt8], separator: UInt8, path: String) throws(DatasetsError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw DatasetsError(.corrupt, at: path, "is not UTF-8: save it as UTF-8 text")
    }
    self.bytes = bytes
    self.separator = separator
    self.path = path
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The next record and the line that it begins in; nil at the end.
  mutating func next() throws(DatasetsError) -> (line: Int, fields: [String])? {
    while place < bytes.count {
      let start = line
      var fields = [try field()]
      while place < bytes.count && bytes[place] == separator {
        place += 1
        fields.append(try field())
      }
      endLine()
      if fields != [""] { return (start, fields) }
    }
    return nil
  }

  private mutating func endLine() {
    if place < bytes.count && bytes[place] == Self.carriageReturn { place += 1 }
    if place < bytes.count && bytes[place] == Self.lineFeed { place += 1 }
    line += 1
  }

  private var isAtEndOfField: Bool {
    place == bytes.count || bytes[place] == separator || bytes[place] == Self.lineFeed
      || bytes[place] == Self.carriageReturn
  }

  private mutating func field() throws(DatasetsError) -> String {
    guard place < bytes.count && bytes[place] == Self.quote else {
      let start = place
      while !isAtEndOfField { place += 1 }
      return String(decoding: bytes[start..<place], as: UTF8.self)
    }
    let start = line
    var text: [UInt8] = []
    place += 1
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == Self.lineFeed { line += 1 }
      guard byte == Self.quote else {
        text.append(byte)
        continue
      }
      if place < bytes.count && bytes[place] == Self.quote {
        text.append(Self.quote)
        place += 1
        continue
      }
      guard isAtEndOfField else {
        throw DatasetsError(
          .corrupt, at: path, "line \(line): text follows a closing quote; a quote within a field is doubled")
      }
      return String(decoding: text, as: UTF8.self)
    }
    throw DatasetsError(.corrupt, at: path, "the quote that line \(start) opens is never closed")
  }
}
