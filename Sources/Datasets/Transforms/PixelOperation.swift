/// One concrete thing to do to an image: what a transform comes down to once the image's size is known and its random
/// parameters are drawn.
enum PixelOperation: Sendable, Hashable {
  /// Keeps a box, which lies inside the image.
  case crop(PixelBox)
  /// Puts the image on a larger black one.
  case pad(left: Int, top: Int, to: ImageSize)
  /// Resamples to a size.
  case resize(ImageSize, Interpolation)
  /// Mirrors left and right.
  case flip

  /// The size of the result.
  func size(after size: ImageSize) -> ImageSize {
    switch self {
    case .crop(let box): box.size
    case .pad(_, _, let padded): padded
    case .resize(let resized, _): resized
    case .flip: size
    }
  }
}
