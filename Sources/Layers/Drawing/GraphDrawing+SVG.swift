import Tensors

extension GraphDrawing {
  private static let lineHeight = 15.0

  /// The size of a box, by an estimate of how wide its text is.
  func size(of content: ModuleLayout.Content) -> (width: Double, height: Double) {
    switch content {
    case .node(let index):
      let label = label(index)
      let first = Self.width(label.name, bold: true) + 8 + Self.width(label.operation)
      return (max(first, Self.width(label.detail)) + 18, 2 * Self.lineHeight + 8)
    case .input:
      return (max(Self.width("input", bold: true), Self.width(Self.text(input))) + 26, 2 * Self.lineHeight + 8)
    case .result(let index): return (Self.width(results[index].name, bold: true) + 26, Self.lineHeight + 8)
    }
  }

  /// The drawing as Scalable Vector Graphics (SVG 1.1), laid out from top to bottom: no other program is needed.
  public var svg: String {
    let layout = ModuleLayout(self)
    let width = max(layout.width, Self.width(title, bold: true) * 1.4 + 24)
    var body = ""
    for frame in layout.frames {
      body +=
        "<g><title>\(frame.path.markupEscaped)</title>" + Self.rectangle(frame, radius: 7)
        + " fill=\"#2f4f7f\" fill-opacity=\"0.045\" stroke=\"#9aa4b0\" stroke-width=\"0.8\"/>"
        + "<text x=\"\(Self.text(frame.x + 7))\" y=\"\(Self.text(frame.y + 13.5))\" font-size=\"10.5\" fill=\"#5b6673\">"
        + "\(frame.title.markupEscaped)</text></g>\n"
    }
    body += "<g fill=\"none\" stroke=\"#555555\" stroke-width=\"1.1\">\n"
    for wire in layout.wires { body += Self.path(wire) }
    body += "</g>\n"
    for box in layout.boxes { body += text(box) }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.text(width))" height="\(Self.text(layout.height))" \
      viewBox="0 0 \(Self.text(width)) \(Self.text(layout.height))" font-family="system-ui, 'DejaVu Sans', sans-serif" \
      font-size="11.5">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6.5" markerHeight="6.5" orient="auto">\
      <path d="M0,0.8 L8,4 L0,7.2 z" fill="#555555"/></marker></defs>
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="12" y="21" font-size="15" font-weight="bold" fill="#222222">\(title.markupEscaped)</text>
      \(body)</svg>

      """
  }

  private func text(_ box: ModuleLayout.Box) -> String {
    let frame = box.frame
    let middle = Self.text(frame.x + frame.width / 2)
    func line(_ number: Double, _ text: String, size: Double = 11.5, color: String = "#222222") -> String {
      "<text x=\"\(middle)\" y=\"\(Self.text(frame.y + 15 + number * Self.lineHeight))\" text-anchor=\"middle\" "
        + "font-size=\"\(Self.text(size))\" fill=\"\(color)\">\(text)</text>"
    }
    func bold(_ text: String) -> String { "<tspan font-weight=\"bold\">\(text.markupEscaped)</tspan>" }
    let plain = Self.rectangle(frame, radius: frame.height / 2) + " fill=\"#ffffff\" stroke=\"#555555\"/>"
    switch box.content {
    case .node(let index):
      let label = label(index)
      let colors = Self.colors(graph.nodes[index].operation.kind)
      return "<g><title>\(label.tooltip.markupEscaped)</title>" + Self.rectangle(frame, radius: 5)
        + " fill=\"\(colors.fill)\" stroke=\"\(colors.stroke)\"/>"
        + line(0, bold(label.name) + "  " + label.operation.markupEscaped)
        + line(1, label.detail.markupEscaped, size: 10.5, color: "#4c4c4c") + "</g>\n"
    case .input:
      return "<g>" + plain + line(0, bold("input")) + line(1, Self.text(input), size: 10.5, color: "#4c4c4c") + "</g>\n"
    case .result(let index): return "<g>" + plain + line(0, bold(results[index].name)) + "</g>\n"
    }
  }

  private static func rectangle(_ frame: ModuleLayout.Frame, radius: Double) -> String {
    "<rect x=\"\(text(frame.x))\" y=\"\(text(frame.y))\" width=\"\(text(frame.width))\" height=\"\(text(frame.height))\" "
      + "rx=\"\(text(radius))\""
  }

  private static func path(_ wire: ModuleLayout.Wire) -> String {
    guard let first = wire.points.first else { return "" }
    var data = "M\(text(first.x)),\(text(first.y))"
    var last = first
    for point in wire.points.dropFirst() {
      if point.x == last.x {
        // Points that lie upon each other would turn the arrow.
        if point.y != last.y { data += " V\(text(point.y))" }
      } else {
        let middle = text((last.y + point.y) / 2)
        data += " C\(text(last.x)),\(middle) \(text(point.x)),\(middle) \(text(point.x)),\(text(point.y))"
      }
      last = point
    }
    return "<path d=\"\(data)\"" + (wire.hasArrow ? " marker-end=\"url(#arrow)\"" : "") + "/>\n"
  }

  /// How wide a text is about, in pixels at the size of labels, in DejaVu Sans, which is wider than most.
  private static func width(_ text: String, bold: Bool = false) -> Double {
    let units = text.unicodeScalars.reduce(0.0) { sum, scalar in
      switch scalar {
      case "i", "l", "j", ".", ",", "|", "'", "·", ":", "I", "f", "t", " ", "/", "(", ")", "[", "]": sum + 4.2
      case "m", "w", "M", "W", "%", "@": sum + 10.4
      case "A"..."Z", "×": sum + 8.1
      default: sum + 7.2
      }
    }
    return bold ? units * 1.09 : units
  }

  /// At most two decimals.
  private static func text(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let decimals = rest == 0 ? "" : rest < 10 ? ".0\(rest)" : rest % 10 == 0 ? ".\(rest / 10)" : ".\(rest)"
    return (hundredths < 0 ? "-" : "") + "\(whole)" + decimals
  }
}
