import Datasets

/// A figure as pixels, its lines smoothed.
struct PictureCanvas: Canvas {
  private(set) var drawing: Drawing

  init(width: Int, height: Int) { drawing = Drawing(ImageSize(height, width)) }

  mutating func fill(_ box: CanvasBox, _ color: CanvasColor) {
    let (left, top) = (Int(box.left.rounded()), Int(box.top.rounded()))
    let (width, height) = (Int(box.right.rounded()) - left, Int(box.bottom.rounded()) - top)
    guard width > 0, height > 0 else { return }
    drawing.fill(PixelBox(left: left, top: top, size: ImageSize(height, width)), Self.fill(color))
  }

  mutating func line(_ points: [CanvasPoint], _ color: CanvasColor, width: Double) {
    // How much of each pixel is covered: joints count once.
    var covered: [Int: Double] = [:]
    for (first, second) in zip(points, points.dropFirst()) {
      cover(first, second, width: width, &covered)
    }
    for (place, share) in covered {
      let offset = place * 3
      for (channel, value) in [color.red, color.green, color.blue].enumerated() {
        let old = Double(drawing.pixels[offset + channel])
        drawing.pixels[offset + channel] = UInt8((old + (Double(value) - old) * share).rounded())
      }
    }
  }

  /// Pixels by their distance from a straight line.
  private func cover(_ first: CanvasPoint, _ second: CanvasPoint, width: Double, _ covered: inout [Int: Double]) {
    let reach = width / 2 + 1
    let size = drawing.size
    let (dx, dy) = (second.x - first.x, second.y - first.y)
    let length = dx * dx + dy * dy
    let rows =
      Int(
        max(min(first.y, second.y) - reach, 0))...max(
        min(Int(max(first.y, second.y) + reach), size.height - 1), Int(max(min(first.y, second.y) - reach, 0)))
    for row in rows where row < size.height {
      let y = Double(row) + 0.5
      // Of a long line only the part near this row.
      var (low, high) = (min(first.x, second.x), max(first.x, second.x))
      if abs(dy) > 1 {
        let (one, other) = (first.x + (y - reach - first.y) / dy * dx, first.x + (y + reach - first.y) / dy * dx)
        (low, high) = (max(low, min(one, other)), min(high, max(one, other)))
      }
      let columns = (max(Int(low - reach - 1), 0), min(Int(high + reach + 1), size.width - 1))
      guard columns.0 <= columns.1 else { continue }
      for column in columns.0...columns.1 {
        let x = Double(column) + 0.5
        let along = length > 0 ? min(max(((x - first.x) * dx + (y - first.y) * dy) / length, 0), 1) : 0
        let (ex, ey) = (x - first.x - along * dx, y - first.y - along * dy)
        let share = min(max(width / 2 + 0.5 - (ex * ex + ey * ey).squareRoot(), 0), 1)
        if share > 0 { covered[row * size.width + column] = max(covered[row * size.width + column] ?? 0, share) }
      }
    }
  }

  mutating func write(
    _ text: String, at place: CanvasPoint, _ anchor: CanvasAnchor, _ size: CanvasTextSize, _ color: CanvasColor,
    turned: Bool
  ) {
    let scale = size == .small ? 2 : 3
    let extent = Drawing.size(of: text, scale: scale)
    let back = anchor == .start ? 0 : anchor == .middle ? Double(extent.width) / 2 : Double(extent.width)
    let half = size.height / 2
    if turned {
      drawing.write(
        text, left: Int((place.x - half).rounded()), top: Int((place.y + back).rounded()), Self.fill(color),
        scale: scale, turned: true)
    } else {
      drawing.write(
        text, left: Int((place.x - back).rounded()), top: Int((place.y - half).rounded()), Self.fill(color),
        scale: scale)
    }
  }

  private static func fill(_ color: CanvasColor) -> FillColor {
    FillColor(red: color.red, green: color.green, blue: color.blue)
  }
}
