/// What of an image is decoded.
struct DecodingPart: Sendable, Hashable {
  /// 1, 2, 4 or 8: the sides are divided by it, rounded up. More than 1 for JPEG only.
  let reduction: Int
  /// A part of the image of that size.
  let box: PixelBox
  /// Whether what lies below the part need not be read, and so is not checked.
  let stopsEarly: Bool

  /// All of an image of a size.
  init(all size: ImageSize, reduction: Int = 1) {
    self.reduction = reduction
    stopsEarly = false
    box = PixelBox(left: 0, top: 0, size: Self.reduced(size, by: reduction))
  }

  /// The box of an image of a size, with all pixels that a reduction has some of it in.
  init(_ whole: PixelBox, reduction: Int, stopsEarly: Bool = false) {
    self.reduction = reduction
    self.stopsEarly = stopsEarly
    let (left, top) = (whole.left / reduction, whole.top / reduction)
    let right = Self.divided(whole.left + whole.size.width, by: reduction)
    let bottom = Self.divided(whole.top + whole.size.height, by: reduction)
    box = PixelBox(left: left, top: top, size: ImageSize(bottom - top, right - left))
  }

  /// The size of a reduced image.
  static func reduced(_ size: ImageSize, by reduction: Int) -> ImageSize {
    ImageSize(divided(size.height, by: reduction), divided(size.width, by: reduction))
  }

  private static func divided(_ length: Int, by reduction: Int) -> Int { (length + reduction - 1) / reduction }
}
