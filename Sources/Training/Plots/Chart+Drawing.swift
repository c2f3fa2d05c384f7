extension Chart {
  /// Draws the chart with its axes and legend.
  func draw(on canvas: inout some Canvas, in box: CanvasBox) {
    let (xAxis, yAxis) = (xAxis, yAxis)
    let labels = yAxis.labels(5)
    let margin = 30 + Double(labels.map(\.text.count).max() ?? 0) * CanvasTextSize.small.advance
    let legend = legendLines(width: box.width - margin - 40)
    let top = 56 + Double(legend.count) * 24
    let plot = CanvasBox(box.left + margin, box.top + top, box.width - margin - 32, box.height - top - 66)
    canvas.write(title, at: CanvasPoint(box.left + margin, box.top + 30), .start, .small, .ink)
    drawLegend(legend, on: &canvas, left: plot.left, top: box.top + 58)
    guard !isEmpty else {
      canvas.write(
        "nothing to draw yet", at: CanvasPoint(plot.left + plot.width / 2, plot.top + plot.height / 2), .middle, .small,
        .pale)
      return
    }
    for (tick, label) in labels {
      guard let place = yAxis.place(of: tick) else { continue }
      let y = plot.bottom - place * plot.height
      canvas.line([CanvasPoint(plot.left, y), CanvasPoint(plot.right, y)], .grid, width: 1)
      canvas.write(label, at: CanvasPoint(plot.left - 12, y), .end, .small, .pale)
    }
    drawHorizontalAxis(xAxis, on: &canvas, plot)
    canvas.write(xTitle, at: CanvasPoint(plot.right, plot.bottom + 50), .end, .small, .pale)
    for series in series { draw(series, on: &canvas, plot, xAxis, yAxis) }
    drawMark(on: &canvas, plot, xAxis)
  }

  private func drawHorizontalAxis(_ axis: Axis, on canvas: inout some Canvas, _ plot: CanvasBox) {
    canvas.line([CanvasPoint(plot.left, plot.bottom), CanvasPoint(plot.right, plot.bottom)], .pale, width: 1.5)
    for (tick, label) in axis.labels(8, isWhole: isWhole) {
      guard let place = axis.place(of: tick) else { continue }
      let x = plot.left + place * plot.width
      canvas.line([CanvasPoint(x, plot.bottom), CanvasPoint(x, plot.bottom + 6)], .pale, width: 1.5)
      canvas.write(label, at: CanvasPoint(x, plot.bottom + 22), .middle, .small, .pale)
    }
  }

  private func draw(_ series: Series, on canvas: inout some Canvas, _ plot: CanvasBox, _ xAxis: Axis, _ yAxis: Axis) {
    let color = Self.color(of: series)
    let width = series.isFaint ? 1.5 : 3.0
    let places = series.points.compactMap { point -> CanvasPoint? in
      guard let x = xAxis.place(of: point.x), let y = yAxis.place(of: point.y) else { return nil }
      return CanvasPoint(plot.left + x * plot.width, plot.bottom - min(max(y, 0), 1) * plot.height)
    }
    canvas.line(places, color, width: width)
    // Few points are shown themselves, and a single one would be no line at all.
    if places.count <= 30, !series.isFaint {
      for place in places { canvas.fill(CanvasBox(place.x - 3.5, place.y - 3.5, 7, 7), color) }
    }
  }

  private func drawMark(on canvas: inout some Canvas, _ plot: CanvasBox, _ xAxis: Axis) {
    guard let mark, let place = xAxis.place(of: mark.x) else { return }
    let x = plot.left + place * plot.width
    canvas.line([CanvasPoint(x, plot.top), CanvasPoint(x, plot.bottom)], .curve(1), width: 1.5)
  }

  /// The named curves in lines that fit.
  private func legendLines(width: Double) -> [[Series]] {
    let named = series.filter { !$0.name.isEmpty && !$0.points.isEmpty }
    guard named.count > 1 else { return [] }
    var lines: [[Series]] = []
    var used = Double.infinity
    for series in named.prefix(16) {
      let own = 54 + Double(min(series.name.count, Self.longestName)) * CanvasTextSize.small.advance
      if used + own > width {
        lines.append([])
        used = 0
      }
      lines[lines.count - 1].append(series)
      used += own
    }
    return lines
  }

  private func drawLegend(_ lines: [[Series]], on canvas: inout some Canvas, left: Double, top: Double) {
    for (row, line) in lines.enumerated() {
      var x = left
      let y = top + Double(row) * 24
      for series in line {
        canvas.line([CanvasPoint(x, y), CanvasPoint(x + 24, y)], Self.color(of: series), width: 4)
        let name = series.name.shortened(to: Self.longestName)
        canvas.write(name, at: CanvasPoint(x + 32, y), .start, .small, .ink)
        x += 54 + Double(name.count) * CanvasTextSize.small.advance
      }
    }
  }

  private static func color(of series: Series) -> CanvasColor {
    let color = CanvasColor.curve(series.color)
    return series.isFaint ? color.mixed(with: .paper, 0.65) : color
  }

  private static let longestName = 32
}
