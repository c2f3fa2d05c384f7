import Datasets
import Fixtures
import Testing

@testable import Training

/// What the settings make of the images.
struct PreprocessingTests {
  private func pair(_ change: (inout TrainingSettings) -> Void) throws -> PreprocessingPair {
    let folder = try TemporaryFolder()
    let data = try TinyFolder(in: folder, named: "images", classes: ["a": 3, "b": 3])
    var settings = TrainingSettings(model: "m", data: data.path, inputSize: 32)
    change(&settings)
    return try TrainingData(settings, inputSize: 32, channels: 3).preprocessing
  }

  @Test func withoutVariationTheDataChooses() throws {
    let pair = try pair { _ in }
    #expect(try pair.training == .train(inputSize: ImageSize(32)))
    #expect(try pair.evaluation == .evaluation(resize: 36, crop: ImageSize(32), normalization: .half))
  }

  @Test func everyVariationHasItsPlace() throws {
    let pair = try pair { settings in
      settings.augmentation = .pad
      settings.variation.paddingMode = .reflect
      settings.variation.interpolation = .bicubic
      settings.variation.verticalFlip = 0.25
      settings.variation.rotation = 15
      settings.variation.colorJitter = [0.4, 0, 0, 0]
      settings.variation.grayscale = 0.125
      settings.variation.policy = .rand
      settings.variation.magnitude = 5
      settings.variation.erasing = 0.5
    }
    let half = Transform.normalize(mean: [0.5], std: [0.5])
    let evaluation: [Transform] = [
      .resize(Resize(.shorterSide(36), interpolation: .bicubic)), .centerCrop(CenterCrop(ImageSize(32))),
    ]
    #expect(try pair.evaluation == Preprocessing(evaluation + [.toTensor, half]))
    let varied: [Transform] = [
      .randomCrop(RandomCrop(ImageSize(32), padding: Pad(Pad.Margins(4), mode: .reflect))),
      .randomHorizontalFlip(probability: 0.5), .randomVerticalFlip(probability: 0.25),
      .randomRotation(RandomRotation(-15...15, interpolation: .bicubic)),
      .colorJitter(ColorJitter(brightness: 0.4, contrast: 0, saturation: 0, hue: 0)),
      .randomGrayscale(probability: 0.125), .randAugment(RandAugment(magnitude: 5, interpolation: .bicubic)),
      .toTensor, half, .randomErasing(RandomErasing(probability: 0.5)),
    ]
    #expect(try pair.training == Preprocessing(evaluation + varied))
  }

  @Test func noAugmentationStillTakesVariations() throws {
    let pair = try pair { settings in
      settings.augmentation = TrainingSettings.Augmentation.none
      settings.variation.policy = .trivial
    }
    #expect(pair.training.transforms.count == pair.evaluation.transforms.count + 1)
    #expect(pair.training.isRandom && !pair.evaluation.isRandom)
  }
}
