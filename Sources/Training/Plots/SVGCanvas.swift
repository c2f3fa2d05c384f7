import Tensors

/// A figure as Scalable Vector Graphics (SVG 1.1).
struct SVGCanvas: Canvas {
  private var body = ""
  private let width: Double
  private let height: Double

  init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

  /// The whole document.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.text(width))" height="\(Self.text(height))" \
    viewBox="0 0 \(Self.text(width)) \(Self.text(height))" font-family="system-ui, 'DejaVu Sans', sans-serif">
    \(body)</svg>

    """
  }

  mutating func fill(_ box: CanvasBox, _ color: CanvasColor) {
    body +=
      "<rect x=\"\(Self.text(box.left))\" y=\"\(Self.text(box.top))\" width=\"\(Self.text(box.width))\" "
      + "height=\"\(Self.text(box.height))\" fill=\"\(Self.text(color))\"/>\n"
  }

  mutating func line(_ points: [CanvasPoint], _ color: CanvasColor, width: Double) {
    guard points.count > 1 else { return }
    let places = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
    body +=
      "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(Self.text(color))\" stroke-width=\"\(Self.text(width))\" "
      + "stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  mutating func write(
    _ text: String, at place: CanvasPoint, _ anchor: CanvasAnchor, _ size: CanvasTextSize, _ color: CanvasColor,
    turned: Bool
  ) {
    let anchors: [CanvasAnchor: String] = [.start: "start", .middle: "middle", .end: "end"]
    let turn = turned ? " transform=\"rotate(-90 \(Self.text(place.x)) \(Self.text(place.y)))\"" : ""
    body +=
      "<text x=\"\(Self.text(place.x))\" y=\"\(Self.text(place.y))\" dy=\"0.35em\" font-size=\"\(size == .small ? 17 : 23)\" "
      + "text-anchor=\"\(anchors[anchor] ?? "start")\" fill=\"\(Self.text(color))\"\(turn)>\(text.markupEscaped)</text>\n"
  }

  /// At most two decimals.
  private static func text(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    guard hundredths % 100 != 0 else { return "\(hundredths / 100)" }
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    return (hundredths < 0 ? "-" : "") + "\(whole)."
      + (rest < 10 ? "0\(rest)" : rest % 10 == 0 ? "\(rest / 10)" : "\(rest)")
  }

  private static func text(_ color: CanvasColor) -> String {
    let digits = String(UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
