import Checkpoint
import Yams

/// A YAML file of settings: one mapping from keys to texts, numbers, truth values and lists of these.
///
/// The file may be anybody's, so what the parser is given is bounded: 64 KiB in lines of 1,000 characters with 200 brackets,
/// and no aliases of anchors, which could make a small file large. That bounds how deep it can go.
struct SettingsFile {
  /// A setting as it is written.
  struct Entry {
    let key: String
    /// One text, or those of a list; none for a value that is left empty.
    let values: [String]
    /// From 1.
    let line: Int
  }

  /// In the order of the file.
  let entries: [Entry]

  static let mostBytes = 64 << 10
  private static let longestLine = 1000
  private static let mostBrackets = 200

  /// Reads a file.
  /// - Throws: ``CommandError`` with the line that is wrong.
  init(path: String) throws {
    let bytes: [UInt8]
    do {
      bytes = try PublishedFile.read(path, atMost: Self.mostBytes)
    } catch let error as CheckpointError where error.code == .invalid {
      throw CommandError(
        "\(path.terminalEscaped): settings are at most \(Self.mostBytes >> 10) KiB of YAML: \(error.message)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError("\(path.terminalEscaped): is not UTF-8; expected YAML")
    }
    try self.init(text: text, path: path)
  }

  /// Reads a text.
  /// - Parameter path: What errors call it.
  init(text: String, path: String) throws {
    func wrong(_ line: Int, _ message: String) -> CommandError {
      CommandError("\(path.terminalEscaped), line \(line): \(message)")
    }
    try Self.check(text, wrong)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw CommandError("\(path.terminalEscaped): is not YAML that can be read: \("\(error)".oneLine)")
    }
    guard let root else {
      entries = []
      return
    }
    guard case .mapping(let mapping) = root else {
      throw wrong(root.mark?.line ?? 1, "expected lines of 'key: value', such as 'epochs: 30'")
    }
    entries = try mapping.map { key, value in
      let line = key.mark?.line ?? 1
      guard case .scalar(let name) = key else { throw wrong(line, "a key must be a word") }
      switch value {
      case .scalar(let scalar):
        return Entry(key: name.string, values: Self.isNone(scalar) ? [] : [scalar.string], line: line)
      case .sequence(let sequence):
        let values = try sequence.map { item in
          guard case .scalar(let scalar) = item else {
            throw wrong(line, "'\(name.string.terminalEscaped)' is a list of lists")
          }
          return scalar.string
        }
        return Entry(key: name.string, values: values, line: line)
      case .mapping, .alias:
        throw wrong(
          line, "'\(name.string.terminalEscaped)' holds other settings; all keys stand side by side, as the options do")
      }
    }
  }

  /// Refuses what could cost more than it says.
  private static func check(_ text: String, _ wrong: (Int, String) -> CommandError) throws {
    var brackets = 0
    // Lines that have what could be an anchor or an alias; either alone does no harm, and stands in names and comments too.
    var (anchor, alias) = (Int?.none, Int?.none)
    for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard line.count <= longestLine else { throw wrong(index + 1, "is longer than \(longestLine) bytes") }
      var before = UInt8(ascii: " ")
      var rest = line[...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { brackets += 1 }
        let begins = " \t[{,:-?".utf8.contains(before)
        if begins, let next = rest.first, next > 0x20 {
          if byte == UInt8(ascii: "&") { anchor = index + 1 }
          if byte == UInt8(ascii: "*") { alias = index + 1 }
        }
        before = byte
      }
      guard brackets <= mostBrackets else { throw wrong(index + 1, "has more brackets than settings need") }
      if anchor != nil, alias != nil {
        throw wrong(index + 1, "anchors and aliases ('&', '*') are not taken in settings; write the value out")
      }
    }
  }

  private static func isNone(_ scalar: Node.Scalar) -> Bool {
    scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }
}

extension String {
  /// Without line breaks and control characters.
  fileprivate var oneLine: String {
    split(whereSeparator: \.isNewline).map { String($0).terminalEscaped }.joined(separator: "; ")
  }
}

/// Settings as YAML.
enum SettingsText {
  /// A line is broken where it can be before it has so many bytes.
  static let widest = 100

  /// A list, in as many lines as it needs.
  static func list(_ values: [String]) -> String {
    var lines = ["["]
    for (index, text) in values.map(value).enumerated() {
      let item = text + (index == values.count - 1 ? "" : ",")
      if lines[lines.count - 1].utf8.count + item.utf8.count + 1 > widest { lines.append(" ") }
      lines[lines.count - 1] += (index == 0 ? "" : " ") + item
    }
    return lines.joined(separator: "\n") + "]"
  }

  /// A value that reads back as the same text: in quotation marks where YAML would take it for something else.
  static func value(_ text: String) -> String {
    let isPlain =
      text.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "_./+-".unicodeScalars.contains($0)
      } && !text.isEmpty && !["-", "~", "null", "Null", "NULL"].contains(text) && !text.hasPrefix("-")
    return isPlain ? text : JSONValue.string(text).text()
  }
}
