import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Cuts out a random part of random proportions and resizes it: torchvision's `RandomResizedCrop` (Szegedy et al. 2015).
public struct RandomResizedCrop: Sendable, Hashable {
  /// The size of the result.
  public let size: ImageSize
  /// The part of the image's area that the cut covers, drawn uniformly.
  public let scale: ClosedRange<Double>
  /// The cut's width divided by its height, drawn uniformly in the logarithm.
  public let ratio: ClosedRange<Double>
  /// How the cut is resized.
  public let interpolation: Interpolation

  /// A random cut, resized to `size`; torchvision's ranges unless told otherwise.
  public init(
    _ size: ImageSize, scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = (3.0 / 4)...(4.0 / 3),
    interpolation: Interpolation = .bilinear
  ) {
    self.size = size
    self.scale = scale
    self.ratio = ratio
    self.interpolation = interpolation
  }

  func operations(for image: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    [.crop(box(in: image, random: &random)), .resize(size, interpolation)]
  }

  /// Draws the cut: ten tries, then the largest box in the middle whose proportions are in range.
  func box(in image: ImageSize, random: inout RandomSource) -> PixelBox {
    let area = Double(image.height * image.width)
    for _ in 0..<10 {
      let target = area * random.uniform(scale.lowerBound, scale.upperBound)
      let proportion = exp(random.uniform(log(ratio.lowerBound), log(ratio.upperBound)))
      let width = Int((target * proportion).squareRoot().rounded(.toNearestOrEven))
      let height = Int((target / proportion).squareRoot().rounded(.toNearestOrEven))
      if (1...image.width).contains(width) && (1...image.height).contains(height) {
        let top = random.integer(below: image.height - height + 1)
        let left = random.integer(below: image.width - width + 1)
        return PixelBox(left: left, top: top, size: ImageSize(height, width))
      }
    }
    return centralBox(in: image)
  }

  /// The fallback for images so long that no try fits.
  func centralBox(in image: ImageSize) -> PixelBox {
    let proportion = Double(image.width) / Double(image.height)
    var (height, width) = (image.height, image.width)
    if proportion < ratio.lowerBound {
      height = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if proportion > ratio.upperBound {
      width = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    return PixelBox(
      left: (image.width - width) / 2, top: (image.height - height) / 2, size: ImageSize(height, width))
  }
}
