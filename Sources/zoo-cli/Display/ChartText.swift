import Training

/// Charts on the terminal.
enum ChartText {
  /// A chart as wide as the terminal, 100 columns at most, in colour where there are colours.
  static func lines(_ chart: Chart, on terminal: Terminal = .output) -> [String] {
    TerminalChart(
      chart, width: min(terminal.width, 100), unicode: terminal.hasUnicode,
      styled: terminal.hasColor ? { terminal.styled($0, Self.styles[$1 % Self.styles.count]) } : nil
    ).lines
  }

  private static let styles: [Terminal.Style] = [.blue, .red, .green, .magenta, .cyan, .yellow]
}
