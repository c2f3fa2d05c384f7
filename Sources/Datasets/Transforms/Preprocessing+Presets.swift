extension Preprocessing {
  /// Training on photographs: RandomResizedCrop, RandomHorizontalFlip, normalise. The tutorial's.
  /// - Throws: ``DatasetsError`` when the size makes no sense.
  public static func train(
    inputSize: ImageSize = ImageSize(224), mode: Mode = .rgb, normalization: Normalization = .half
  ) throws(DatasetsError) -> Preprocessing {
    try Preprocessing(
      mode: mode,
      [
        .randomResizedCrop(RandomResizedCrop(inputSize)), .randomHorizontalFlip(probability: 0.5), .toTensor,
        normalization.transform,
      ])
  }

  /// Evaluation on photographs: Resize of the shorter side, CenterCrop, normalise. With the defaults, what torchvision
  /// evaluates AlexNet by.
  /// - Parameters:
  ///   - resize: The shorter side before the crop.
  ///   - crop: The size of the result.
  /// - Throws: ``DatasetsError`` when a size makes no sense.
  public static func evaluation(
    resize: Int = 256, crop: ImageSize = ImageSize(224), mode: Mode = .rgb, normalization: Normalization = .imageNet,
    interpolation: Interpolation = .bilinear
  ) throws(DatasetsError) -> Preprocessing {
    try Preprocessing(
      mode: mode,
      [
        .resize(Resize(.shorterSide(resize), interpolation: interpolation)), .centerCrop(CenterCrop(crop)), .toTensor,
        normalization.transform,
      ])
  }

  /// The whole image squashed to the input size: for small images that fill their frame, such as Fashion-MNIST, and for
  /// the tutorial's prediction.
  /// - Parameter flip: Whether images are mirrored at random: right for clothes, wrong for digits.
  /// - Throws: ``DatasetsError`` when the size makes no sense.
  public static func squash(
    inputSize: ImageSize = ImageSize(224), flip: Bool = false, mode: Mode = .rgb, normalization: Normalization = .half
  ) throws(DatasetsError) -> Preprocessing {
    let flips: [Transform] = flip ? [.randomHorizontalFlip(probability: 0.5)] : []
    return try Preprocessing(
      mode: mode, [.resize(Resize(.exactly(inputSize)))] + flips + [.toTensor, normalization.transform])
  }
}

/// What training and evaluation do to the same dataset's images.
public struct PreprocessingPair: Sendable, Hashable {
  /// With random steps.
  public let training: Preprocessing
  /// Without random steps: what a checkpoint keeps.
  public let evaluation: Preprocessing

  /// A pair for one dataset.
  public init(training: Preprocessing, evaluation: Preprocessing) {
    self.training = training
    self.evaluation = evaluation
  }

  /// Defaults that train well from scratch.
  ///
  /// Datasets of equal images of at most 64 pixels (the MNIST family) are squashed to the input size: their objects fill
  /// the frame, and random crops of 8 % of 28×28 pixels would show next to nothing. Fashion-MNIST is normalised by its own
  /// statistics and mirrored; other small images are only normalised to −1...1, for they may be digits.
  /// All else is taken for photographs: the tutorial's training, and for evaluation the shorter side resized to 8/7 of
  /// the input (256 for 224) and the middle cut out.
  /// - Throws: ``DatasetsError`` when the size makes no sense.
  public init(
    for dataset: any Dataset, inputSize: ImageSize = ImageSize(224), channels: Int = 3
  ) throws(DatasetsError) {
    guard let mode = Preprocessing.Mode.allCases.first(where: { $0.channels == channels }) else {
      throw DatasetsError(.argument, at: "preprocessing", "\(channels) input channels: images have 3 (RGB) or 1 (gray)")
    }
    if let size = dataset.imageSize, max(size.height, size.width) <= 64 {
      let isFashion = dataset.classNames == FashionMNIST.classNames
      let normalization = isFashion ? Normalization.fashionMNIST : .half
      training = try .squash(inputSize: inputSize, flip: isFashion, mode: mode, normalization: normalization)
      evaluation = try .squash(inputSize: inputSize, mode: mode, normalization: normalization)
    } else {
      training = try .train(inputSize: inputSize, mode: mode)
      evaluation = try .evaluation(
        resize: max(inputSize.height, inputSize.width) * 8 / 7, crop: inputSize, mode: mode, normalization: .half)
    }
  }
}
