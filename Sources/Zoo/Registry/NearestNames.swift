/// At most three names that someone who typed `name` may have meant, nearest first.
///
/// A name is near when a third of the longer one's letters, or fewer, differ; or when what was typed begins it.
/// Names that are farther than the nearest by more than one letter are left out. Case does not count.
package func nearestNames(to name: String, among candidates: [String]) -> [String] {
  let typed = Array(name.lowercased().prefix(64))
  guard !typed.isEmpty else { return [] }
  let scored = candidates.enumerated().compactMap { position, candidate -> (distance: Int, position: Int)? in
    let letters = Array(candidate.lowercased())
    let distance = editDistance(typed, letters)
    guard letters.starts(with: typed) || distance * 3 <= max(typed.count, letters.count) else { return nil }
    return (distance, position)
  }
  let nearest = scored.map(\.distance).min() ?? 0
  return scored.filter { $0.distance <= nearest + 1 }.sorted(by: <).prefix(3).map { candidates[$0.position] }
}

/// The number of letters to insert, delete, replace or swap with their neighbour to get from one word to another
/// (Damerau–Levenshtein in its restricted form, optimal string alignment).
func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...second.count)
  for (row, letter) in first.enumerated() {
    var current = [row + 1]
    for (column, other) in second.enumerated() {
      var best = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (letter == other ? 0 : 1))
      if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
        best = min(best, beforePrevious[column - 1] + 1)
      }
      current.append(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[second.count]
}

/// A name from outside, safe to print: control characters escaped, and cut after 64 characters.
func printable(_ name: String) -> String {
  let shown = name.prefix(64).unicodeScalars.map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
      "\\u{\(String(scalar.value, radix: 16))}"
    default: String(scalar)
    }
  }.joined()
  return name.count > 64 ? shown + "…" : shown
}
