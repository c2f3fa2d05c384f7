import Tensors

/// One step of a ``Preprocessing``. Names, parameters and results are torchvision's on PIL images.
public enum Transform: Sendable, Hashable {
  case resize(Resize)
  case centerCrop(CenterCrop)
  case randomResizedCrop(RandomResizedCrop)
  /// Mirrors left and right with a probability.
  case randomHorizontalFlip(probability: Double)
  /// 8-bit values to float32 by division by 255. What comes before works on pixels, what comes after on numbers.
  case toTensor
  /// (value − mean) / std of each channel; one value may stand for all channels.
  case normalize(mean: [Double], std: [Double])

  /// Whether it works on numbers and so belongs after ``toTensor``.
  var isAfterTensor: Bool {
    switch self {
    case .resize, .centerCrop, .randomResizedCrop, .randomHorizontalFlip, .toTensor: false
    case .normalize: true
    }
  }

  /// Whether it draws random numbers.
  public var isRandom: Bool {
    switch self {
    case .randomResizedCrop, .randomHorizontalFlip: true
    case .resize, .centerCrop, .toTensor, .normalize: false
    }
  }

  /// The size of the result when it does not depend on the image.
  func fixedSize(after size: ImageSize?) -> ImageSize? {
    switch self {
    case .resize(let resize):
      if case .exactly(let exact) = resize.target { exact } else { size.map(resize.outputSize) }
    case .centerCrop(let crop): crop.size
    case .randomResizedCrop(let crop): crop.size
    case .randomHorizontalFlip, .toTensor, .normalize: size
    }
  }

  /// What to do to an image of a size; random parameters are drawn in the order of the steps.
  func operations(for size: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    switch self {
    case .resize(let resize): resize.operations(for: size)
    case .centerCrop(let crop): crop.operations(for: size)
    case .randomResizedCrop(let crop): crop.operations(for: size, random: &random)
    case .randomHorizontalFlip(let probability): random.uniform(0, 1) < probability ? [.flip] : []
    case .toTensor, .normalize: []
    }
  }

  /// What is wrong with its parameters, if anything.
  func problem(channels: Int) -> String? {
    switch self {
    case .resize(let resize):
      switch resize.target {
      case .shorterSide(let side): Self.problem(ImageSize(side), "resize")
      case .exactly(let size): Self.problem(size, "resize")
      }
    case .centerCrop(let crop): Self.problem(crop.size, "center_crop")
    case .randomResizedCrop(let crop):
      Self.problem(crop.size, "random_resized_crop")
        ?? Self.problem(crop.scale, most: 1, "random_resized_crop: scale")
        ?? Self.problem(crop.ratio, most: 1e4, "random_resized_crop: ratio")
    case .randomHorizontalFlip(let probability):
      (0...1).contains(probability) ? nil : "random_horizontal_flip: \(probability) is no probability in 0...1"
    case .toTensor: nil
    case .normalize(let mean, let std):
      Self.problem(mean: mean, std: std, channels: channels)
    }
  }

  private static func problem(_ size: ImageSize, _ name: String) -> String? {
    let range = 1...Preprocessing.largestSide
    return range.contains(size.height) && range.contains(size.width)
      ? nil : "\(name): size \(size) is not in 1...\(Preprocessing.largestSide)"
  }

  private static func problem(_ range: ClosedRange<Double>, most: Double, _ name: String) -> String? {
    range.lowerBound > 0 && range.upperBound <= most
      ? nil : "\(name): \(range.lowerBound) to \(range.upperBound) is not inside 0 to \(most)"
  }

  private static func problem(mean: [Double], std: [Double], channels: Int) -> String? {
    guard mean.count == std.count, mean.count == 1 || mean.count == channels else {
      return "normalize: \(mean.count) means and \(std.count) standard deviations do not fit \(channels) channels"
    }
    guard mean.allSatisfy(\.isFinite), std.allSatisfy({ $0.isFinite && Float($0) > 0 }) else {
      return "normalize: mean \(mean) and std \(std) must be finite, and std above 0"
    }
    return nil
  }
}
