/// Resizes an image: torchvision's `Resize` on a PIL image.
public struct Resize: Sendable, Hashable {
  /// What the image is resized to.
  public enum Target: Sendable, Hashable, Codable {
    /// The shorter side becomes this long and the other keeps the proportions, rounded down.
    case shorterSide(Int)
    /// Both sides, whatever the proportions were.
    case exactly(ImageSize)
  }

  /// What the image is resized to.
  public let target: Target
  /// How pixels are made.
  public let interpolation: Interpolation

  /// A resize to `target`.
  public init(_ target: Target, interpolation: Interpolation = .bilinear) {
    self.target = target
    self.interpolation = interpolation
  }

  /// The size that an image of a size becomes.
  func outputSize(for size: ImageSize) -> ImageSize {
    switch target {
    case .exactly(let exact): exact
    case .shorterSide(let side):
      size.width <= size.height
        ? ImageSize(Self.scaled(side, size.height, size.width), side)
        : ImageSize(side, Self.scaled(side, size.width, size.height))
    }
  }

  /// `int(side * long / short)` as Python computes it: an exact product, one rounding in the division.
  private static func scaled(_ side: Int, _ long: Int, _ short: Int) -> Int {
    Int(Double(side * long) / Double(short))
  }

  func operations(for size: ImageSize) -> [PixelOperation] { [.resize(outputSize(for: size), interpolation)] }
}
