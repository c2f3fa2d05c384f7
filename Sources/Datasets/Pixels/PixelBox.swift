/// A rectangle of pixels.
public struct PixelBox: Sendable, Hashable {
  /// Its first column.
  public let left: Int
  /// Its first row.
  public let top: Int
  /// Height and width.
  public let size: ImageSize

  /// A rectangle whose upper left pixel is at row `top` and column `left`.
  public init(left: Int, top: Int, size: ImageSize) {
    self.left = left
    self.top = top
    self.size = size
  }
}
