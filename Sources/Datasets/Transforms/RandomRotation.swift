import Tensors

/// Turns an image by a random angle: torchvision's `RandomRotation`.
public struct RandomRotation: Sendable, Hashable, Codable {
  /// The angle, drawn uniformly: degrees, counter-clockwise.
  public let degrees: ClosedRange<Double>
  /// How pixels are made.
  public let interpolation: Interpolation
  /// Whether the result grows so that nothing is cut off; otherwise the size stays.
  public let expand: Bool
  /// The colour of what lies outside.
  public let fill: FillColor

  private enum CodingKeys: String, CodingKey {
    case degrees, interpolation, expand, fill
  }

  /// A rotation by an angle in a range.
  public init(
    _ degrees: ClosedRange<Double>, interpolation: Interpolation = .nearest, expand: Bool = false,
    fill: FillColor = .black
  ) {
    self.degrees = degrees
    self.interpolation = interpolation
    self.expand = expand
    self.fill = fill
  }

  func operations(for size: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    let angle = random.uniform(degrees.lowerBound, degrees.upperBound)
    return Self.operations(for: size, by: angle, interpolation, expand: expand, fill: fill)
  }

  /// A rotation by a known angle. Quarter turns that keep the size, or may change it, move pixels and make none.
  static func operations(
    for size: ImageSize, by degrees: Double, _ interpolation: Interpolation, expand: Bool = false, fill: FillColor
  ) -> [PixelOperation] {
    // Python's remainder: in 0..<360.
    var angle = degrees.truncatingRemainder(dividingBy: 360)
    if angle < 0 { angle += 360 }
    switch angle {
    case 0: return []
    case 180: return [.flip, .verticalFlip]
    case 90 where expand || size.width == size.height: return [.transpose, .verticalFlip]
    case 270 where expand || size.width == size.height: return [.verticalFlip, .transpose]
    default:
      let result = expand ? AffineMap.expandedSize(rotating: size, by: angle) : size
      return [.affine(AffineMap(rotating: size, by: angle, to: result), to: result, interpolation, fill)]
    }
  }

  func problem(channels: Int) -> String? {
    degrees.lowerBound.magnitude <= 1e6 && degrees.upperBound.magnitude <= 1e6
      ? fill.problem(channels: channels, "random_rotation")
      : "random_rotation: \(degrees.lowerBound) to \(degrees.upperBound) degrees are no angles"
  }
}
