/// Names with alternatives in braces, as a shell expands them: `{000..009}` with its zeros kept, `{9..1..2}`, `{train,val}`.
enum BracePattern {
  /// A pattern that means more names than this is refused.
  static let mostNames = 100_000

  /// The names that a pattern means, the last braces changing fastest.
  /// - Throws: ``DatasetsError`` of code `argument` for braces that are not closed, are nested, or mean too many names.
  static func expanded(_ pattern: String) throws(DatasetsError) -> [String] {
    var names = [""]
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw DatasetsError(.argument, at: pattern, "a brace is opened and never closed")
      }
      let choices = try alternatives(rest[rest.index(after: open)..<close], of: pattern)
      guard names.count * choices.count <= mostNames else { throw tooMany(pattern) }
      let before = rest[..<open]
      names = names.flatMap { name in choices.map { "\(name)\(before)\($0)" } }
      rest = rest[rest.index(after: close)...]
    }
    return names.map { $0 + rest }
  }

  private static func tooMany(_ pattern: String) -> DatasetsError {
    DatasetsError(.argument, at: pattern, "means more than \(mostNames) names")
  }

  private static func alternatives(_ text: Substring, of pattern: String) throws(DatasetsError) -> [String] {
    guard !text.contains("{") else { throw DatasetsError(.argument, at: pattern, "has braces within braces") }
    let parts = text.split(separator: "..", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard (2...3).contains(parts.count), numbers.count == parts.count else {
      let choices = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard choices.count > 1 else {
        throw DatasetsError(.argument, at: pattern, "has '{\(printable(String(text)))}'; expected {000..009} or {a,b}")
      }
      return choices
    }
    let step = numbers.count == 3 ? numbers[2] : 1
    let (distance, overflow) = numbers[1].subtractingReportingOverflow(numbers[0])
    guard step > 0, !overflow, distance.magnitude / UInt(step) < mostNames else { throw tooMany(pattern) }
    let isPadded = parts[..<2].contains { $0.hasPrefix("0") && $0.count > 1 }
    let width = isPadded ? max(parts[0].count, parts[1].count) : 0
    return stride(from: numbers[0], through: numbers[1], by: distance < 0 ? -step : step).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
  }
}
