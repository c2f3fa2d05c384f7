import Tensors

/// One random operation of random strength for each image: torchvision's `TrivialAugmentWide` (Müller and Hutter 2021).
public struct TrivialAugmentWide: Sendable, Hashable, Codable {
  /// How many strengths there are, at least 2.
  public let bins: Int
  /// How pixels are made where the image is moved.
  public let interpolation: Interpolation
  /// The colour of what lies outside.
  public let fill: FillColor

  private enum CodingKeys: String, CodingKey {
    case interpolation, fill
    case bins = "num_magnitude_bins"
  }

  /// The paper's wide range of strengths.
  public init(bins: Int = 31, interpolation: Interpolation = .nearest, fill: FillColor = .black) {
    self.bins = bins
    self.interpolation = interpolation
    self.fill = fill
  }

  func operations(for size: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    let all = AutoAugmentOperation.allCases
    let operation = all[random.integer(below: all.count)]
    var magnitude = operation.hasMagnitude ? magnitude(of: operation, bin: random.integer(below: bins)) : 0
    if operation.isSigned, random.integer(below: 2) == 1 { magnitude.negate() }
    return operation.operations(magnitude, for: size, interpolation, fill)
  }

  /// The strength of a bin.
  func magnitude(of operation: AutoAugmentOperation, bin: Int) -> Double {
    switch operation {
    case .identity, .autoContrast, .equalize: 0
    case .shearX, .shearY, .brightness, .color, .contrast, .sharpness: MagnitudeBins.linear(0, 0.99, bin, of: bins)
    case .translateX, .translateY: MagnitudeBins.linear(0, 32, bin, of: bins)
    case .rotate: MagnitudeBins.linear(0, 135, bin, of: bins)
    case .posterize: MagnitudeBins.bits(losing: 6, bin, of: bins)
    case .solarize: MagnitudeBins.linear(255, 0, bin, of: bins)
    }
  }

  func problem(channels: Int) -> String? {
    (2...1000).contains(bins)
      ? fill.problem(channels: channels, "trivial_augment_wide")
      : "trivial_augment_wide: \(bins) strengths; there are 2 to 1000"
  }
}
