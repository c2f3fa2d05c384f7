/// The stored form: an object whose `name` is torchvision's class name in lower case with underscores.
extension Transform: Codable {
  private enum Name: String, Codable {
    case resize
    case centerCrop = "center_crop"
    case randomResizedCrop = "random_resized_crop"
    case randomHorizontalFlip = "random_horizontal_flip"
    case pad
    case randomCrop = "random_crop"
    case randomVerticalFlip = "random_vertical_flip"
    case randomRotation = "random_rotation"
    case randomAffine = "random_affine"
    case grayscale
    case randomGrayscale = "random_grayscale"
    case colorJitter = "color_jitter"
    case trivialAugmentWide = "trivial_augment_wide"
    case randAugment = "rand_augment"
    case toTensor = "to_tensor"
    case normalize
    case randomErasing = "random_erasing"
  }

  private enum Key: String, CodingKey {
    case name, size, scale, ratio, interpolation, probability, mean, std
    case shorterSide = "shorter_side"
  }

  /// Reads the stored form. Parameters are checked by ``Preprocessing``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    func range(_ key: Key) throws -> ClosedRange<Double> {
      let bounds = try values.decode([Double].self, forKey: key)
      guard bounds.count == 2, bounds[0] <= bounds[1] else {
        throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "a range is [low, high]")
      }
      return bounds[0]...bounds[1]
    }
    switch try values.decode(Name.self, forKey: .name) {
    case .resize:
      let interpolation = try values.decode(Interpolation.self, forKey: .interpolation)
      if let side = try values.decodeIfPresent(Int.self, forKey: .shorterSide) {
        self = .resize(Resize(.shorterSide(side), interpolation: interpolation))
      } else {
        let size = try values.decode(ImageSize.self, forKey: .size)
        self = .resize(Resize(.exactly(size), interpolation: interpolation))
      }
    case .centerCrop: self = .centerCrop(CenterCrop(try values.decode(ImageSize.self, forKey: .size)))
    case .randomResizedCrop:
      self = .randomResizedCrop(
        RandomResizedCrop(
          try values.decode(ImageSize.self, forKey: .size), scale: try range(.scale), ratio: try range(.ratio),
          interpolation: try values.decode(Interpolation.self, forKey: .interpolation)))
    case .randomHorizontalFlip:
      self = .randomHorizontalFlip(probability: try values.decode(Double.self, forKey: .probability))
    case .pad: self = .pad(try Pad(from: decoder))
    case .randomCrop: self = .randomCrop(try RandomCrop(from: decoder))
    case .randomVerticalFlip:
      self = .randomVerticalFlip(probability: try values.decode(Double.self, forKey: .probability))
    case .randomRotation: self = .randomRotation(try RandomRotation(from: decoder))
    case .randomAffine: self = .randomAffine(try RandomAffine(from: decoder))
    case .grayscale: self = .grayscale
    case .randomGrayscale:
      self = .randomGrayscale(probability: try values.decode(Double.self, forKey: .probability))
    case .colorJitter: self = .colorJitter(try ColorJitter(from: decoder))
    case .trivialAugmentWide: self = .trivialAugmentWide(try TrivialAugmentWide(from: decoder))
    case .randAugment: self = .randAugment(try RandAugment(from: decoder))
    case .randomErasing: self = .randomErasing(try RandomErasing(from: decoder))
    case .toTensor: self = .toTensor
    case .normalize:
      self = .normalize(
        mean: try values.decode([Double].self, forKey: .mean), std: try values.decode([Double].self, forKey: .std))
    }
  }

  /// Writes the stored form.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    func encode(_ name: Name, _ transform: some Encodable) throws {
      try values.encode(name, forKey: .name)
      try transform.encode(to: encoder)
    }
    switch self {
    case .pad(let pad): try encode(.pad, pad)
    case .randomCrop(let crop): try encode(.randomCrop, crop)
    case .randomVerticalFlip(let probability):
      try values.encode(Name.randomVerticalFlip, forKey: .name)
      try values.encode(probability, forKey: .probability)
    case .randomRotation(let rotation): try encode(.randomRotation, rotation)
    case .randomAffine(let affine): try encode(.randomAffine, affine)
    case .grayscale: try values.encode(Name.grayscale, forKey: .name)
    case .randomGrayscale(let probability):
      try values.encode(Name.randomGrayscale, forKey: .name)
      try values.encode(probability, forKey: .probability)
    case .colorJitter(let jitter): try encode(.colorJitter, jitter)
    case .trivialAugmentWide(let augment): try encode(.trivialAugmentWide, augment)
    case .randAugment(let augment): try encode(.randAugment, augment)
    case .randomErasing(let erasing): try encode(.randomErasing, erasing)
    case .resize(let resize):
      try values.encode(Name.resize, forKey: .name)
      switch resize.target {
      case .shorterSide(let side): try values.encode(side, forKey: .shorterSide)
      case .exactly(let size): try values.encode(size, forKey: .size)
      }
      try values.encode(resize.interpolation, forKey: .interpolation)
    case .centerCrop(let crop):
      try values.encode(Name.centerCrop, forKey: .name)
      try values.encode(crop.size, forKey: .size)
    case .randomResizedCrop(let crop):
      try values.encode(Name.randomResizedCrop, forKey: .name)
      try values.encode(crop.size, forKey: .size)
      try values.encode([crop.scale.lowerBound, crop.scale.upperBound], forKey: .scale)
      try values.encode([crop.ratio.lowerBound, crop.ratio.upperBound], forKey: .ratio)
      try values.encode(crop.interpolation, forKey: .interpolation)
    case .randomHorizontalFlip(let probability):
      try values.encode(Name.randomHorizontalFlip, forKey: .name)
      try values.encode(probability, forKey: .probability)
    case .toTensor: try values.encode(Name.toTensor, forKey: .name)
    case .normalize(let mean, let std):
      try values.encode(Name.normalize, forKey: .name)
      try values.encode(mean, forKey: .mean)
      try values.encode(std, forKey: .std)
    }
  }
}
