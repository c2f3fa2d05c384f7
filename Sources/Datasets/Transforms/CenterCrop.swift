/// Keeps the middle of an image: torchvision's `CenterCrop`. What is smaller is first padded with black.
public struct CenterCrop: Sendable, Hashable {
  /// The size of the result.
  public let size: ImageSize

  /// Another part of an image than its middle: those of torchvision's `FiveCrop`.
  public enum Corner: String, Sendable, Hashable, CaseIterable {
    case topLeft, topRight, bottomLeft, bottomRight
  }

  /// The corner that is kept in place of the middle, when a prediction is made from several crops; it is never stored.
  public let corner: Corner?

  /// Keeps `size` pixels of the middle.
  public init(_ size: ImageSize) { self.init(size, corner: nil) }

  /// Keeps `size` pixels of a corner, or of the middle.
  public init(_ size: ImageSize, corner: Corner?) {
    self.size = size
    self.corner = corner
  }

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
    var top = Int((Double(image.height - size.height) / 2).rounded(.toNearestOrEven))
    var left = Int((Double(image.width - size.width) / 2).rounded(.toNearestOrEven))
    if let corner {
      top = corner == .topLeft || corner == .topRight ? 0 : image.height - size.height
      left = corner == .topLeft || corner == .bottomLeft ? 0 : image.width - size.width
    }
    return operations + [.crop(PixelBox(left: left, top: top, size: size))]
  }
}
