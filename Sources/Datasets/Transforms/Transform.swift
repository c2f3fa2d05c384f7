import Tensors

/// One step of a ``Preprocessing``. Names, parameters and results are torchvision's on PIL images.
public enum Transform: Sendable, Hashable {
  case resize(Resize)
  case centerCrop(CenterCrop)
  case pad(Pad)
  case randomCrop(RandomCrop)
  case randomResizedCrop(RandomResizedCrop)
  /// Mirrors left and right with a probability.
  case randomHorizontalFlip(probability: Double)
  /// Mirrors top and bottom with a probability.
  case randomVerticalFlip(probability: Double)
  case randomRotation(RandomRotation)
  case randomAffine(RandomAffine)
  /// Luma in every channel.
  case grayscale
  /// Luma in every channel, with a probability.
  case randomGrayscale(probability: Double)
  case colorJitter(ColorJitter)
  case trivialAugmentWide(TrivialAugmentWide)
  case randAugment(RandAugment)
  /// 8-bit values to float32 by division by 255. What comes before works on pixels, what comes after on numbers.
  case toTensor
  /// (value − mean) / std of each channel; one value may stand for all channels.
  case normalize(mean: [Double], std: [Double])
  case randomErasing(RandomErasing)

  /// Its name in the stored form, for people.
  var title: String {
    switch self {
    case .resize(let resize):
      switch resize.target {
      case .shorterSide(let side): "resize \(side)"
      case .exactly(let size): "resize \(size)"
      }
    case .centerCrop(let crop): "center_crop \(crop.size)"
    case .pad: "pad"
    case .randomCrop(let crop): "random_crop \(crop.size)"
    case .randomResizedCrop(let crop): "random_resized_crop \(crop.size)"
    case .randomHorizontalFlip(let probability): "random_horizontal_flip \(probability)"
    case .randomVerticalFlip(let probability): "random_vertical_flip \(probability)"
    case .randomRotation: "random_rotation"
    case .randomAffine: "random_affine"
    case .grayscale: "grayscale"
    case .randomGrayscale(let probability): "random_grayscale \(probability)"
    case .colorJitter: "color_jitter"
    case .trivialAugmentWide: "trivial_augment_wide"
    case .randAugment: "rand_augment"
    case .toTensor: "to_tensor"
    case .normalize: "normalize"
    case .randomErasing: "random_erasing"
    }
  }

  /// Whether it works on numbers and so belongs after ``toTensor``.
  var isAfterTensor: Bool {
    switch self {
    case .normalize, .randomErasing: true
    default: false
    }
  }

  /// Whether it draws random numbers.
  public var isRandom: Bool {
    switch self {
    case .resize, .centerCrop, .pad, .grayscale, .toTensor, .normalize: false
    case .randomCrop, .randomResizedCrop, .randomHorizontalFlip, .randomVerticalFlip, .randomRotation, .randomAffine,
      .randomGrayscale, .colorJitter, .trivialAugmentWide, .randAugment, .randomErasing:
      true
    }
  }

  /// The size of the result when it does not depend on the image.
  func fixedSize(after size: ImageSize?) -> ImageSize? {
    switch self {
    case .resize(let resize):
      if case .exactly(let exact) = resize.target { exact } else { size.map(resize.outputSize) }
    case .centerCrop(let crop): crop.size
    case .pad(let pad): size.map(pad.outputSize)
    case .randomCrop(let crop): crop.size
    case .randomResizedCrop(let crop): crop.size
    case .randomRotation(let rotation): rotation.expand ? nil : size
    case .randomHorizontalFlip, .randomVerticalFlip, .randomAffine, .grayscale, .randomGrayscale, .colorJitter,
      .trivialAugmentWide, .randAugment, .toTensor, .normalize, .randomErasing:
      size
    }
  }

  /// What to do to the pixels of an image of a size; random parameters are drawn in the order of the steps.
  /// - Throws: ``DatasetsError`` without a location when the image is too small.
  func operations(for size: ImageSize, random: inout RandomSource) throws(DatasetsError) -> [PixelOperation] {
    func chance(_ probability: Double, _ operation: PixelOperation) -> [PixelOperation] {
      random.uniform(0, 1) < probability ? [operation] : []
    }
    return switch self {
    case .resize(let resize): resize.operations(for: size)
    case .centerCrop(let crop): crop.operations(for: size)
    case .pad(let pad): pad.operations(for: size)
    case .randomCrop(let crop): try crop.operations(for: size, random: &random)
    case .randomResizedCrop(let crop): crop.operations(for: size, random: &random)
    case .randomHorizontalFlip(let probability): chance(probability, .flip)
    case .randomVerticalFlip(let probability): chance(probability, .verticalFlip)
    case .randomRotation(let rotation): rotation.operations(for: size, random: &random)
    case .randomAffine(let affine): affine.operations(for: size, random: &random)
    case .grayscale: [.color(.grayscale)]
    case .randomGrayscale(let probability): chance(probability, .color(.grayscale))
    case .colorJitter(let jitter): jitter.operations(random: &random)
    case .trivialAugmentWide(let augment): augment.operations(for: size, random: &random)
    case .randAugment(let augment): augment.operations(for: size, random: &random)
    case .toTensor, .normalize, .randomErasing: []
    }
  }
}
