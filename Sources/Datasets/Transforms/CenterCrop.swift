/// Keeps the middle of an image: torchvision's `CenterCrop`. What is smaller is first padded with black.
public struct CenterCrop: Sendable, Hashable {
  /// The size of the result.
  public let size: ImageSize

  /// Keeps `size` pixels.
  public init(_ size: ImageSize) { self.size = size }

  func operations(for image: ImageSize) -> [PixelOperation] {
    var operations: [PixelOperation] = []
    var image = image
    if size.width > image.width || size.height > image.height {
      let left = max(0, (size.width - image.width) / 2)
      let top = max(0, (size.height - image.height) / 2)
      image = ImageSize(max(image.height, size.height), max(image.width, size.width))
      operations.append(.pad(left: left, top: top, to: image, .constant, .black))
    }
    // Python's round: halves go to the even number.
    let top = Int((Double(image.height - size.height) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(image.width - size.width) / 2).rounded(.toNearestOrEven))
    return operations + [.crop(PixelBox(left: left, top: top, size: size))]
  }
}
