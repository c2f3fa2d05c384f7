/// A chart as lines of text.
public struct TerminalChart {
  private let chart: Chart
  private let width: Int
  private let height: Int
  private let unicode: Bool
  private let styled: ((String, Int) -> String)?

  /// - Parameters:
  ///   - width: Columns of the terminal; no line is longer.
  ///   - height: Rows of the curves alone.
  ///   - unicode: Whether braille patterns and lines can be shown.
  ///   - styled: Gives a text the colour of a number, where there are colours.
  public init(
    _ chart: Chart, width: Int, height: Int = 14, unicode: Bool, styled: ((String, Int) -> String)? = nil
  ) {
    self.chart = chart
    self.width = max(width, 30)
    self.height = max(height, 3)
    self.unicode = unicode
    self.styled = styled
  }

  /// Curves that would look alike have letters in place of dots.
  private var usesBraille: Bool { unicode && (styled != nil || chart.series.count { !$0.points.isEmpty } < 2) }

  /// The lines, without an end of line.
  public var lines: [String] {
    guard !chart.isEmpty else { return [chart.title, "  (nothing to draw yet)"] }
    let (xAxis, yAxis) = (chart.xAxis, chart.yAxis)
    let ticks = yAxis.labels(min(5, height / 2))
    let margin = (ticks.map(\.text.count).max() ?? 0) + 1
    let columns = width - margin - 2
    var labels: [Int: String] = [:]
    for (tick, text) in ticks {
      guard let place = yAxis.place(of: tick) else { continue }
      labels[Int(((1 - place) * Double(height - 1)).rounded())] = text
    }
    let cells = usesBraille ? brailleCells(xAxis, yAxis, columns) : letterCells(xAxis, yAxis, columns)
    var lines = [chart.title]
    for row in 0..<height {
      let label = labels[row] ?? ""
      let rule = unicode ? (labels[row] == nil ? "│" : "┤") : (labels[row] == nil ? "|" : "+")
      lines.append(Self.trimmed(Self.padded(label, margin) + rule + cells[row].joined()))
    }
    lines += axisLines(xAxis, margin: margin, columns: columns)
    if let legend { lines.append(String(repeating: " ", count: margin + 1) + legend) }
    return lines
  }

  private func axisLines(_ axis: Axis, margin: Int, columns: Int) -> [String] {
    var rule = [Character](repeating: unicode ? "─" : "-", count: columns)
    var text = [Character](repeating: " ", count: margin + 1 + columns)
    for (tick, number) in axis.labels(max(columns / 12, 2), isWhole: chart.isWhole) {
      guard let place = axis.place(of: tick) else { continue }
      let column = min(max(Int((place * Double(columns - 1)).rounded()), 0), columns - 1)
      let label = Array(number)
      let start = min(max(margin + 1 + column - label.count / 2, 0), text.count - label.count)
      guard start >= 0, text[max(start - 1, 0)..<min(start + label.count + 1, text.count)].allSatisfy({ $0 == " " })
      else {
        continue
      }
      rule[column] = unicode ? "┬" : "+"
      text.replaceSubrange(start..<start + label.count, with: label)
    }
    let title = Array(" " + chart.xTitle)
    let end = text.lastIndex { $0 != " " } ?? 0
    let corner = unicode ? "└" : "+"
    let numbers = end + title.count < text.count ? String(text[...end] + title) : String(text[...end])
    return [String(repeating: " ", count: margin) + corner + String(rule), numbers]
  }

  /// The names of the curves; none for a single one.
  private var legend: String? {
    let shown = chart.series.enumerated().filter { !$0.element.points.isEmpty && !$0.element.name.isEmpty }
    guard shown.count > 1 else { return nil }
    // As much of each name as all of them have room for.
    let room = max((width - 4) / shown.count - 4, 8)
    var used = 0
    var names: [String] = []
    for (index, series) in shown {
      let mark = usesBraille ? "•" : String(Self.letter(index))
      let name = series.name.shortened(to: room)
      used += name.count + 4
      if used > width {
        names.append(unicode ? "…" : "...")
        break
      }
      names.append((styled?(mark, series.color) ?? mark) + " " + name)
    }
    return names.joined(separator: "  ")
  }

  private static func letter(_ index: Int) -> Character { Array("*o+x#%@&")[index % 8] }

  /// Every place that curves go through, on a grid of some columns and rows.
  private func trace(
    _ series: Chart.Series, _ xAxis: Axis, _ yAxis: Axis, columns: Int, rows: Int, _ mark: (Int, Int) -> Void
  ) {
    var last: (column: Int, row: Int)?
    for point in series.points {
      guard let x = xAxis.place(of: point.x), let y = yAxis.place(of: point.y) else { continue }
      let column = Int((min(max(x, 0), 1) * Double(columns - 1)).rounded())
      let row = Int(((1 - min(max(y, 0), 1)) * Double(rows - 1)).rounded())
      let from = last ?? (column, row)
      let steps = max(abs(column - from.column), abs(row - from.row), 1)
      for step in 0...steps {
        mark(
          from.column + (column - from.column) * step / steps, from.row + (row - from.row) * step / steps)
      }
      last = (column, row)
    }
  }

  /// Two by four dots in each place (Unicode's braille patterns).
  private func brailleCells(_ xAxis: Axis, _ yAxis: Axis, _ columns: Int) -> [[String]] {
    var dots = [[UInt8]](repeating: [UInt8](repeating: 0, count: columns), count: height)
    var colors = [[Int]](repeating: [Int](repeating: 0, count: columns), count: height)
    let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    for series in chart.series {
      trace(series, xAxis, yAxis, columns: columns * 2, rows: height * 4) { column, row in
        dots[row / 4][column / 2] |= bits[row % 4][column % 2]
        colors[row / 4][column / 2] = series.color
      }
    }
    return zip(dots, colors).map { row, colors in
      zip(row, colors).map { dot, color in
        guard dot != 0, let scalar = Unicode.Scalar(0x2800 + UInt32(dot)) else { return " " }
        return styled?(String(scalar), color) ?? String(scalar)
      }
    }
  }

  private func letterCells(_ xAxis: Axis, _ yAxis: Axis, _ columns: Int) -> [[String]] {
    var cells = [[String]](repeating: [String](repeating: " ", count: columns), count: height)
    for (index, series) in chart.series.enumerated() {
      trace(series, xAxis, yAxis, columns: columns, rows: height) { column, row in
        cells[row][column] = String(Self.letter(index))
      }
    }
    return cells
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
  }
}
