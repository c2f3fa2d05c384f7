import Datasets

extension TrainingData {
  /// What images go through: what suits the data, with what the settings say instead or besides.
  static func preprocessing(
    _ settings: TrainingSettings, for dataset: any Dataset, inputSize: Int, channels: Int
  ) throws(DatasetsError) -> PreprocessingPair {
    let size = ImageSize(inputSize)
    let variation = settings.variation
    let suggested = try PreprocessingPair(for: dataset, inputSize: size, channels: channels)
    var evaluation = try suggested.evaluation.resizing(by: variation.interpolation)
    var training = try suggested.training.resizing(by: variation.interpolation)
    if let normalization = variation.normalization {
      evaluation = try evaluation.normalized(by: normalization)
      training = try training.normalized(by: normalization)
    }
    if let resize = variation.resize {
      evaluation = try Preprocessing(
        mode: evaluation.mode,
        [.resize(Resize(resize, interpolation: variation.interpolation)), .centerCrop(CenterCrop(size))]
          + evaluation.numberSteps)
    }
    let flip = Transform.randomHorizontalFlip(probability: 0.5)
    let steps: [Transform] =
      switch settings.augmentation {
      case nil: training.pixelSteps
      case .some(.none): evaluation.pixelSteps
      case .flip: evaluation.pixelSteps + [flip]
      case .crop: [.randomResizedCrop(RandomResizedCrop(size, interpolation: variation.interpolation)), flip]
      case .pad:
        evaluation.pixelSteps + [
          .randomCrop(RandomCrop(size, padding: Pad(Pad.Margins(inputSize / 8), mode: variation.paddingMode))), flip,
        ]
      }
    let varied = try Preprocessing(
      mode: training.mode, steps + variation.pixelSteps + training.numberSteps + variation.numberSteps)
    return PreprocessingPair(
      training: varied.decoding(settings.reading.decoding), evaluation: evaluation.decoding(settings.reading.decoding))
  }
}

extension Preprocessing {
  /// The steps before `toTensor`.
  fileprivate var pixelSteps: [Transform] { Array(transforms.prefix { $0 != .toTensor }) }

  /// `toTensor` and the steps after it.
  fileprivate var numberSteps: [Transform] { Array(transforms.drop { $0 != .toTensor }) }

  /// The same with another normalisation.
  fileprivate func normalized(by normalization: Normalization) throws(DatasetsError) -> Preprocessing {
    let steps = transforms.map { step in
      if case .normalize = step { Transform.normalize(mean: normalization.mean, std: normalization.std) } else { step }
    }
    return try Preprocessing(mode: mode, steps)
  }

  /// The same from files that are decoded otherwise.
  fileprivate func decoding(_ options: DecodingOptions) -> Preprocessing {
    var preprocessing = self
    preprocessing.decoding = options
    return preprocessing
  }

  /// The same with another way to make pixels.
  fileprivate func resizing(by interpolation: Interpolation) throws(DatasetsError) -> Preprocessing {
    var steps = transforms
    for (index, step) in steps.enumerated() {
      switch step {
      case .resize(let resize): steps[index] = .resize(Resize(resize.target, interpolation: interpolation))
      case .randomResizedCrop(let crop):
        steps[index] = .randomResizedCrop(
          RandomResizedCrop(crop.size, scale: crop.scale, ratio: crop.ratio, interpolation: interpolation))
      default: break
      }
    }
    return try Preprocessing(mode: mode, steps)
  }
}
