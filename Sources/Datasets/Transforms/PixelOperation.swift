/// One concrete thing to do to an image: what a transform comes down to once the image's size is known and its random
/// parameters are drawn.
enum PixelOperation: Sendable, Hashable {
  /// Keeps a box, which lies inside the image.
  case crop(PixelBox)
  /// Puts the image on a larger one.
  case pad(left: Int, top: Int, to: ImageSize, Pad.Mode, FillColor)
  /// Resamples to a size.
  case resize(ImageSize, Interpolation)
  /// Resamples a part, which may begin and end within pixels, to a size.
  case resample(PixelRegion, to: ImageSize, Interpolation)
  /// Mirrors left and right.
  case flip
  /// Mirrors top and bottom.
  case verticalFlip
  /// Exchanges rows and columns.
  case transpose
  /// Takes each pixel of a result of a size from where the map says.
  case affine(AffineMap, to: ImageSize, Interpolation, FillColor)
  /// Changes colours.
  case color(ColorOperation)

  /// The size of the result.
  func size(after size: ImageSize) -> ImageSize {
    switch self {
    case .crop(let box): box.size
    case .pad(_, _, let padded, _, _): padded
    case .resize(let resized, _): resized
    case .resample(_, let resized, _): resized
    case .affine(_, let result, _, _): result
    case .transpose: ImageSize(size.width, size.height)
    case .flip, .verticalFlip, .color: size
    }
  }
}
