/// A confusion matrix as a grid of shades: rows are labels, columns are what they were taken for.
public struct ConfusionChart: Sendable {
  private let counts: [[Int]]
  private let classNames: [String]
  private let title: String

  /// A matrix, as many rows as columns, of counts that can be added up.
  public init(_ counts: [[Int]], classNames: [String], title: String) {
    precondition(counts.allSatisfy { $0.count == counts.count }, "a confusion matrix has as many rows as columns")
    self.counts = counts
    self.classNames = classNames
    self.title = title
  }

  /// Draws it with the classes at its sides.
  func draw(on canvas: inout some Canvas, in box: CanvasBox) {
    let count = counts.count
    let room = Int((box.width - 60) / CanvasTextSize.small.advance)
    canvas.write(
      title.shortened(to: room), at: CanvasPoint(box.left + 42, box.top + 30), .start, .small, .ink)
    guard count > 0 else { return }
    let names = (0..<count).map { (classNames.indices.contains($0) ? classNames[$0] : "\($0)").shortened(to: 11) }
    let hasNames = count <= 24
    let letters = hasNames ? names.map(\.count).max() ?? 0 : 0
    let side = Double(letters) * CanvasTextSize.small.advance + 54
    let below = hasNames ? Double(letters) * CanvasTextSize.small.advance + 44 : 44
    // Cells are wider than high, as numbers are.
    let (width, height) = (box.width - side - 40, box.height - 60 - below)
    let (cell, row) = (width / Double(count), height / Double(count))
    let left = box.left + side
    let top = box.top + 56
    for (label, counts) in counts.enumerated() {
      let total = max(counts.reduce(0, +), 1)
      for (column, value) in counts.enumerated() {
        let share = Double(value) / Double(total)
        let color = CanvasColor.paper.mixed(with: CanvasColor(0x08306B), share.squareRoot())
        let place = CanvasBox(left + Double(column) * cell, top + Double(label) * row, cell, row)
        canvas.fill(place, color)
        let text = "\(value)"
        if value > 0, Double(text.count) * CanvasTextSize.small.advance + 4 <= cell, row >= 18 {
          canvas.write(
            text, at: CanvasPoint(place.left + cell / 2, place.top + row / 2), .middle, .small,
            color.lightness < 0.55 ? .paper : .ink)
        }
      }
    }
    for index in 0...count where count <= 100 {
      let (x, y) = (left + Double(index) * cell, top + Double(index) * row)
      canvas.line([CanvasPoint(left, y), CanvasPoint(left + width, y)], .grid, width: 1)
      canvas.line([CanvasPoint(x, top), CanvasPoint(x, top + height)], .grid, width: 1)
    }
    if hasNames {
      for (index, name) in names.enumerated() {
        let middle = Double(index) + 0.5
        canvas.write(name, at: CanvasPoint(left - 10, top + middle * row), .end, .small, .pale)
        canvas.write(
          name, at: CanvasPoint(left + middle * cell, top + height + 10), .end, .small, .pale, turned: true)
      }
    }
    canvas.write("taken for", at: CanvasPoint(left + width, top + height + below - 18), .end, .small, .ink)
    canvas.write("label", at: CanvasPoint(box.left + 24, top), .end, .small, .ink, turned: true)
  }
}
