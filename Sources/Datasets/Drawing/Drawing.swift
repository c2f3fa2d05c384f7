/// A picture in the making: an RGB image that boxes, images and text are drawn on. Whatever lies outside is left out.
///
/// It serves sheets of samples and plots; it draws no curves itself, but hands out its pixels.
public struct Drawing: Sendable {
  /// Height and width in pixels.
  public let size: ImageSize
  /// Rows from the top, red, green and blue interleaved: `height * width * 3` values.
  public var pixels: [UInt8]

  /// A drawing of one colour. Traps when a side is not positive.
  public init(_ size: ImageSize, background: FillColor = FillColor(gray: 255)) {
    precondition(size.height > 0 && size.width > 0, "a drawing of \(size) has no pixels")
    self.size = size
    pixels = [UInt8](repeating: background.red, count: size.height * size.width * 3)
    if !background.isGray { fill(PixelBox(left: 0, top: 0, size: size), background) }
  }

  /// The drawing as an image.
  public var image: Image { Image(size: size, channels: 3, pixels: pixels) }

  /// Sets one pixel; nothing happens outside of the drawing.
  public mutating func set(row: Int, column: Int, _ color: FillColor) {
    guard (0..<size.height).contains(row), (0..<size.width).contains(column) else { return }
    let offset = (row * size.width + column) * 3
    pixels[offset] = color.red
    pixels[offset + 1] = color.green
    pixels[offset + 2] = color.blue
  }

  /// Fills a rectangle.
  public mutating func fill(_ box: PixelBox, _ color: FillColor) {
    let columns = max(box.left, 0)..<max(min(box.left + box.size.width, size.width), max(box.left, 0))
    for row in max(box.top, 0)..<max(min(box.top + box.size.height, size.height), max(box.top, 0)) {
      for column in columns { set(row: row, column: column, color) }
    }
  }

  /// Draws an image with its upper left corner at a place; gray images stay gray.
  public mutating func draw(_ image: Image, left: Int, top: Int) {
    for row in 0..<image.size.height {
      for column in 0..<image.size.width {
        let offset = (row * image.size.width + column) * image.channels
        let last = image.channels - 1
        let color = FillColor(
          red: image.pixels[offset], green: image.pixels[offset + min(1, last)], blue: image.pixels[offset + last])
        set(row: top + row, column: left + column, color)
      }
    }
  }

  /// Writes a line of text in the built-in font, its upper left corner at a place.
  /// - Parameters:
  ///   - scale: How many pixels each of the font's is wide and high, at least 1.
  ///   - turned: Whether it runs from bottom to top, as beside an axis; the place is that of its lower left corner then.
  public mutating func write(
    _ text: String, left: Int, top: Int, _ color: FillColor = .black, scale: Int = 1, turned: Bool = false
  ) {
    precondition(scale >= 1, "text is drawn at a whole scale, not \(scale)")
    for (place, glyph) in BitmapFont.glyphs(of: text).enumerated() {
      for (row, bits) in glyph.enumerated() {
        for column in 0..<BitmapFont.glyphWidth where bits >> (BitmapFont.glyphWidth - 1 - column) & 1 == 1 {
          let along = (place * BitmapFont.advance + column) * scale
          let across = row * scale
          let box =
            turned
            ? PixelBox(left: left + across, top: top - along - scale, size: ImageSize(scale))
            : PixelBox(left: left + along, top: top + across, size: ImageSize(scale))
          fill(box, color)
        }
      }
    }
  }

  /// Height and width of a line of text.
  public static func size(of text: String, scale: Int = 1) -> ImageSize {
    let count = BitmapFont.glyphs(of: text).count
    return ImageSize(BitmapFont.height * scale, max(count * BitmapFont.advance - 1, 0) * scale)
  }
}
