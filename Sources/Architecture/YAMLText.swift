import Checkpoint
import Yams

/// YAML that may be anybody's: what the parser is given and what it gives are bounded.
///
/// libyaml itself refuses more than 1000 levels. Aliases of anchors, which could make a small text large, are refused.
enum YAMLText {
  static let mostBytes = 256 << 10
  private static let longestLine = 2000

  /// The root of a text.
  static func parse(_ text: String) throws(Problem) -> Node {
    guard text.utf8.count <= mostBytes else {
      throw Problem(
        nil, "an architecture is at most \(mostBytes >> 10) KiB of YAML; this is \(text.utf8.count >> 10) KiB")
    }
    // A byte order mark is none of the text.
    let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    try checkLines(text)
    do {
      guard let root = try Yams.compose(yaml: text) else {
        throw Problem(nil, "is empty; expected 'layers:' and its like")
      }
      return root
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(parsing: error)
    }
  }

  private static func checkLines(_ text: String) throws(Problem) {
    // What libyaml takes for the end of a line beside the line feed would hide what begins behind it.
    let isOther = { (scalar: Unicode.Scalar) in ["\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) }
    let text = text.replacing("\r\n", with: "\n")
    if text.unicodeScalars.contains(where: { $0 == "\r" || isOther($0) }) {
      throw Problem(nil, "has line ends that are neither LF nor CR LF")
    }
    var (anchor, alias) = (Int?.none, Int?.none)
    for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard line.count <= longestLine else {
        throw Problem(Place(line: index + 1, column: 0), "is longer than \(longestLine) bytes")
      }
      var before = UInt8(ascii: " ")
      var rest = line[...]
      while let byte = rest.popFirst() {
        if " \t[{,:-?".utf8.contains(before), let next = rest.first, next > 0x20 {
          if byte == UInt8(ascii: "&") { anchor = index + 1 }
          if byte == UInt8(ascii: "*") { alias = index + 1 }
        }
        before = byte
      }
      if anchor != nil, alias != nil {
        throw Problem(
          Place(line: index + 1, column: 0),
          "anchors and aliases ('&', '*') are not taken; what stands more than once is a block of 'blocks:'")
      }
    }
  }
}

extension Problem {
  /// What the parser says.
  fileprivate init(parsing error: any Error) {
    guard let error = error as? YamlError else { self.init(nil, "is not YAML that can be read"); return }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(Place(line: mark.line, column: mark.column), "is not YAML that can be read: \(problem.terminalEscaped)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
      self.init(
        Place(line: context.mark.line, column: context.mark.column),
        "stands twice in one place: \(names); layers of one name can stand in a list, '- relu: ReLU'")
    default: self.init(nil, "is not YAML that can be read")
    }
  }
}

extension Node {
  /// Where it stands.
  var place: Place? { mark.map { Place(line: $0.line, column: $0.column) } }

  /// What it is, for errors.
  var kindName: String {
    switch self {
    case .scalar(let scalar): "'\(scalar.string.prefix(64).description.terminalEscaped)'"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}
