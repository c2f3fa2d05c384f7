extension Transform {
  /// What is wrong with its parameters for images of so many channels, if anything.
  func problem(channels: Int) -> String? {
    switch self {
    case .resize(let resize):
      switch resize.target {
      case .shorterSide(let side): Self.problem(ImageSize(side), "resize")
      case .exactly(let size): Self.problem(size, "resize")
      }
    case .centerCrop(let crop): Self.problem(crop.size, "center_crop")
    case .pad(let pad): pad.problem(channels: channels)
    case .randomCrop(let crop):
      Self.problem(crop.size, "random_crop") ?? crop.padding.problem(channels: channels, "random_crop")
    case .randomResizedCrop(let crop):
      Self.problem(crop.size, "random_resized_crop")
        ?? Self.problem(crop.scale, most: 1, "random_resized_crop: scale")
        ?? Self.problem(crop.ratio, most: 1e4, "random_resized_crop: ratio")
    case .randomHorizontalFlip(let probability): Self.problem(probability, "random_horizontal_flip")
    case .randomVerticalFlip(let probability): Self.problem(probability, "random_vertical_flip")
    case .randomGrayscale(let probability): Self.problem(probability, "random_grayscale")
    case .randomRotation(let rotation): rotation.problem(channels: channels)
    case .randomAffine(let affine): affine.problem(channels: channels)
    case .colorJitter(let jitter): jitter.problem
    case .trivialAugmentWide(let augment): augment.problem(channels: channels)
    case .randAugment(let augment): augment.problem(channels: channels)
    case .grayscale, .toTensor: nil
    case .normalize(let mean, let std): Self.problem(mean: mean, std: std, channels: channels)
    case .randomErasing(let erasing): erasing.problem(channels: channels)
    }
  }

  private static func problem(_ probability: Double, _ name: String) -> String? {
    (0...1).contains(probability) ? nil : "\(name): \(probability) is no probability in 0...1"
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
