import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Overwrites a random rectangle of the numbers that the network sees: torchvision's `RandomErasing` (Zhong et al. 2020).
/// It stands after `normalize`.
public struct RandomErasing: Sendable, Hashable, Codable {
  /// What is written.
  public enum Value: Sendable, Hashable {
    /// One number for each channel, or one for all.
    case constant([Double])
    /// Numbers of the standard normal distribution, each drawn by itself.
    case random
  }

  /// How often it happens, in 0...1.
  public let probability: Double
  /// The part of the image's area that is erased, drawn uniformly.
  public let scale: ClosedRange<Double>
  /// The rectangle's height divided by its width, drawn uniformly in the logarithm.
  public let ratio: ClosedRange<Double>
  /// What is written.
  public let value: Value

  private enum CodingKeys: String, CodingKey {
    case probability, scale, ratio, value
  }

  /// An erasing with torchvision's defaults.
  public init(
    probability: Double = 0.5, scale: ClosedRange<Double> = 0.02...0.33, ratio: ClosedRange<Double> = 0.3...3.3,
    value: Value = .constant([0])
  ) {
    self.probability = probability
    self.scale = scale
    self.ratio = ratio
    self.value = value
  }

  /// Draws the rectangle; nil when nothing is erased: by chance, or because ten tries do not fit.
  func box(in size: ImageSize, random: inout RandomSource) -> PixelBox? {
    guard random.uniform(0, 1) < probability else { return nil }
    let area = Double(size.height * size.width)
    for _ in 0..<10 {
      let target = area * random.uniform(scale.lowerBound, scale.upperBound)
      let proportion = exp(random.uniform(log(ratio.lowerBound), log(ratio.upperBound)))
      let height = Int((target * proportion).squareRoot().rounded(.toNearestOrEven))
      let width = Int((target / proportion).squareRoot().rounded(.toNearestOrEven))
      guard height < size.height, width < size.width else { continue }
      let top = random.integer(below: size.height - height + 1)
      let left = random.integer(below: size.width - width + 1)
      return PixelBox(left: left, top: top, size: ImageSize(height, width))
    }
    return nil
  }

  /// Overwrites a rectangle of [C, H, W].
  func erase(
    _ box: PixelBox, of size: ImageSize, channels: Int, in target: UnsafeMutablePointer<Float>,
    random: inout RandomSource
  ) {
    for channel in 0..<channels {
      for row in box.top..<box.top + box.size.height {
        let start = target + (channel * size.height + row) * size.width + box.left
        switch value {
        case .constant(let values):
          let constant = Float(values[values.count == 1 ? 0 : channel])
          start.update(repeating: constant, count: box.size.width)
        case .random: for column in 0..<box.size.width { start[column] = Float(random.normal()) }
        }
      }
    }
  }

  func problem(channels: Int) -> String? {
    guard (0...1).contains(probability) else { return "random_erasing: \(probability) is no probability in 0...1" }
    guard scale.lowerBound >= 0, scale.upperBound <= 1 else {
      return "random_erasing: scale \(scale.lowerBound) to \(scale.upperBound) is not inside 0 to 1"
    }
    guard ratio.lowerBound > 0, ratio.upperBound <= 1e4 else {
      return "random_erasing: ratio \(ratio.lowerBound) to \(ratio.upperBound) is not above 0 and at most 10000"
    }
    guard case .constant(let values) = value else { return nil }
    return (values.count == 1 || values.count == channels) && values.allSatisfy(\.isFinite)
      ? nil : "random_erasing: the value \(values) does not fit \(channels) channels"
  }
}

extension RandomErasing.Value: Codable {
  /// Reads numbers, or the word `random`.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let word = try? value.decode(String.self) {
      guard word == "random" else {
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "a value is numbers or 'random'")
      }
      self = .random
    } else {
      self = .constant(try value.decode([Double].self))
    }
  }

  /// Writes numbers, or the word `random`.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .constant(let values): try value.encode(values)
    case .random: try value.encode("random")
    }
  }
}
