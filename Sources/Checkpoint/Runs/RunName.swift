/// Names of runs: they become names of folders, and stand before `@` on the command line.
enum RunName {
  /// The longest name, in bytes of UTF-8.
  static let longest = 100

  /// Refuses what cannot be a run's name, and says why.
  static func check(_ name: String) throws {
    guard let problem = problem(name) else { return }
    throw CheckpointError(.invalid, "'\(name.terminalEscaped)' cannot be the name of a run: \(problem)")
  }

  /// What is wrong with a name, or `nil`.
  static func problem(_ name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.utf8.count > longest { return "it is longer than \(longest) bytes" }
    if name.unicodeScalars.contains(where: \.steersTerminals) { return "it holds a control character" }
    for character in ["/", "\\", "@"] where name.contains(character) { return "it holds '\(character)'" }
    if name.hasPrefix(".") || name.hasPrefix("-") { return "it begins with '\(name.prefix(1))'" }
    if name.hasPrefix(" ") || name.hasSuffix(" ") { return "it begins or ends with a space" }
    if name.hasSuffix(CheckpointLabel.suffix) { return "it ends as files of checkpoints do" }
    return nil
  }

  /// The names in order of their likeness to another, the nearest first.
  static func nearest(_ names: [String], to name: String) -> [String] {
    let distances = names.map { (name: $0, distance: distance(Array($0.unicodeScalars), Array(name.unicodeScalars))) }
    return distances.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.map(\.name)
  }

  /// Levenshtein's distance: the fewest insertions, deletions and replacements.
  private static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
    var row = Array(0...second.count)
    for (index, scalar) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in second.enumerated() {
        let replaced = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
