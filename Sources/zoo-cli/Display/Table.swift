/// Rows of text in aligned columns, at most as wide as the terminal.
struct Table {
  /// A column and how it is shown.
  struct Column {
    let title: String
    var alignRight = false
    /// Columns that may be cut when the table is too wide: those of the smallest number above 0 first.
    var flexibility = 0
    /// It is not cut to less.
    var narrowest = 12
    /// Whether it is cut at the beginning: the ends of paths tell them apart.
    var keepsEnd = false
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []
  /// Lines that stand below a row, over all columns.
  private var notes: [Int: String] = [:]

  /// An empty table.
  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row, one text for each column.
  mutating func add(_ row: [String]) {
    precondition(row.count == columns.count, "a row of \(row.count) texts does not fit \(columns.count) columns")
    rows.append(row)
  }

  /// Adds a line of text below the last row.
  mutating func addNote(_ text: String) { notes[rows.count - 1] = text }

  /// The lines of the table, without trailing spaces.
  /// - Parameter width: The columns of the terminal.
  func lines(width: Int) -> [String] {
    let gap = 2
    var widths = columns.indices.map { column in
      rows.reduce(TerminalText.width(columns[column].title)) { max($0, TerminalText.width($1[column])) }
    }
    var excess = widths.reduce(0, +) + gap * (columns.count - 1) - width
    while excess > 0 {
      let columns = self.columns.indices.filter {
        self.columns[$0].flexibility > 0 && widths[$0] > self.columns[$0].narrowest
      }
      let next = columns.min { left, right in
        (self.columns[left].flexibility, widths[right]) < (self.columns[right].flexibility, widths[left])
      }
      guard let next else { break }
      widths[next] -= 1
      excess -= 1
    }
    func line(_ texts: [String]) -> String {
      var line = ""
      for (index, text) in texts.enumerated() {
        if index > 0 { line += String(repeating: " ", count: gap) }
        line += TerminalText.padded(
          text, to: widths[index], alignRight: columns[index].alignRight, keepsEnd: columns[index].keepsEnd)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    let rule = String(repeating: "-", count: widths.reduce(0, +) + gap * (columns.count - 1))
    var lines = columns.allSatisfy { $0.title.isEmpty } ? [] : [line(columns.map(\.title)), rule]
    for (index, row) in rows.enumerated() {
      lines.append(line(row))
      if let note = notes[index] { lines.append(note) }
    }
    return lines
  }
}
