/// What a figure is drawn on: pixels or SVG. Lengths are in pixels from the upper left corner.
protocol Canvas {
  /// Fills a rectangle.
  mutating func fill(_ box: CanvasBox, _ color: CanvasColor)
  /// Draws connected straight lines.
  mutating func line(_ points: [CanvasPoint], _ color: CanvasColor, width: Double)
  /// Writes one line of text.
  /// - Parameters:
  ///   - place: The middle of the text's height at its beginning, middle or end.
  ///   - size: How large it is.
  ///   - turned: Whether it runs from bottom to top.
  mutating func write(
    _ text: String, at place: CanvasPoint, _ anchor: CanvasAnchor, _ size: CanvasTextSize, _ color: CanvasColor,
    turned: Bool)
}

extension Canvas {
  mutating func write(
    _ text: String, at place: CanvasPoint, _ anchor: CanvasAnchor, _ size: CanvasTextSize = .small,
    _ color: CanvasColor = .ink
  ) {
    write(text, at: place, anchor, size, color, turned: false)
  }
}

/// Which end of a text stands at its place.
enum CanvasAnchor { case start, middle, end }

/// The sizes of text.
enum CanvasTextSize {
  case small, large

  /// Columns of a letter, the gap included.
  var advance: Double { self == .small ? 12 : 18 }
  /// Rows of a letter.
  var height: Double { self == .small ? 14 : 21 }
}

/// A place.
struct CanvasPoint: Sendable, Hashable {
  let x, y: Double

  init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle.
struct CanvasBox: Sendable, Hashable {
  let left, top, width, height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }

  init(_ left: Double, _ top: Double, _ width: Double, _ height: Double) {
    (self.left, self.top, self.width, self.height) = (left, top, width, height)
  }
}

/// A colour without transparency.
struct CanvasColor: Sendable, Hashable {
  let red, green, blue: UInt8

  init(_ rgb: UInt32) {
    red = UInt8(rgb >> 16 & 0xFF)
    green = UInt8(rgb >> 8 & 0xFF)
    blue = UInt8(rgb & 0xFF)
  }

  static let ink = CanvasColor(0x24292F)
  static let pale = CanvasColor(0x6E7781)
  static let grid = CanvasColor(0xE4E8EC)
  static let paper = CanvasColor(0xFFFFFF)

  /// Colours of curves, which people with any colour vision tell apart (Wong, Nature Methods 8, 2011).
  private static let curves: [UInt32] = [
    0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xE69F00, 0x7F5539, 0x404040,
  ]

  /// The colour of a number.
  static func curve(_ number: Int) -> CanvasColor { CanvasColor(curves[number % curves.count]) }

  /// A colour between this and another.
  func mixed(with other: CanvasColor, _ share: Double) -> CanvasColor {
    func mix(_ first: UInt8, _ second: UInt8) -> UInt32 {
      UInt32((Double(first) + (Double(second) - Double(first)) * min(max(share, 0), 1)).rounded())
    }
    return CanvasColor(mix(red, other.red) << 16 | mix(green, other.green) << 8 | mix(blue, other.blue))
  }

  /// How light it is, in 0...1.
  var lightness: Double { (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255 }
}
