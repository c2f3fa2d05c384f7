import Tensors

/// Some random operations of one strength for each image: torchvision's `RandAugment` (Cubuk et al. 2020).
public struct RandAugment: Sendable, Hashable, Codable {
  /// How many operations follow each other.
  public let count: Int
  /// Their strength: a bin, in 0..<bins.
  public let magnitude: Int
  /// How many strengths there are, at least 2.
  public let bins: Int
  /// How pixels are made where the image is moved.
  public let interpolation: Interpolation
  /// The colour of what lies outside.
  public let fill: FillColor

  private enum CodingKeys: String, CodingKey {
    case magnitude, interpolation, fill
    case count = "num_ops"
    case bins = "num_magnitude_bins"
  }

  /// `count` operations of strength `magnitude`.
  public init(
    count: Int = 2, magnitude: Int = 9, bins: Int = 31, interpolation: Interpolation = .nearest,
    fill: FillColor = .black
  ) {
    self.count = count
    self.magnitude = magnitude
    self.bins = bins
    self.interpolation = interpolation
    self.fill = fill
  }

  func operations(for size: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    let all = AutoAugmentOperation.allCases
    var operations: [PixelOperation] = []
    for _ in 0..<count {
      let operation = all[random.integer(below: all.count)]
      var strength = magnitude(of: operation, for: size)
      if operation.isSigned, random.integer(below: 2) == 1 { strength.negate() }
      operations += operation.operations(strength, for: size, interpolation, fill)
    }
    return operations
  }

  /// The strength of an operation on images of a size.
  func magnitude(of operation: AutoAugmentOperation, for size: ImageSize) -> Double {
    switch operation {
    case .identity, .autoContrast, .equalize: 0
    case .shearX, .shearY: MagnitudeBins.linear(0, 0.3, magnitude, of: bins)
    case .translateX: MagnitudeBins.linear(0, 150.0 / 331.0 * Double(size.width), magnitude, of: bins)
    case .translateY: MagnitudeBins.linear(0, 150.0 / 331.0 * Double(size.height), magnitude, of: bins)
    case .rotate: MagnitudeBins.linear(0, 30, magnitude, of: bins)
    case .brightness, .color, .contrast, .sharpness: MagnitudeBins.linear(0, 0.9, magnitude, of: bins)
    case .posterize: MagnitudeBins.bits(losing: 4, magnitude, of: bins)
    case .solarize: MagnitudeBins.linear(255, 0, magnitude, of: bins)
    }
  }

  func problem(channels: Int) -> String? {
    guard (2...1000).contains(bins), (0..<bins).contains(magnitude) else {
      return "rand_augment: strength \(magnitude) of \(bins); there are 2 to 1000, counted from 0"
    }
    return (0...14).contains(count)
      ? fill.problem(channels: channels, "rand_augment") : "rand_augment: \(count) operations; there are 0 to 14"
  }
}
