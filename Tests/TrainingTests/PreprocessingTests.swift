import Architecture
import Checkpoint
import Datasets
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

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

  @Test func whatIsStatedTakesTheDatasPlace() throws {
    let normalize = Transform.normalize(mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125])
    let pair = try pair { settings in
      settings.variation.normalization = Normalization(mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125])
      settings.variation.resize = .exactly(ImageSize(40))
      settings.variation.interpolation = .bicubic
    }
    #expect(
      try pair.evaluation
        == Preprocessing([
          .resize(Resize(.exactly(ImageSize(40)), interpolation: .bicubic)), .centerCrop(CenterCrop(ImageSize(32))),
          .toTensor, normalize,
        ]))
    #expect(
      try pair.training
        == Preprocessing([
          .randomResizedCrop(RandomResizedCrop(ImageSize(32), interpolation: .bicubic)),
          .randomHorizontalFlip(probability: 0.5), .toTensor, normalize,
        ]))
  }

  /// Weights say it before the model's file does; files that say nothing leave it to the data, with a word where torchvision's
  /// figures may be meant.
  @Test func whoSaysHowImagesArePrepared() throws {
    let folder = try TemporaryFolder()
    let net = """
      input: {channels: 3, size: 8}
      classes: 2
      PREPARED
      layers: [Flatten, {Linear: $classes}]
      """
    try net.replacing("PREPARED", with: "").write(toFile: folder.path("plain.yaml"), atomically: true, encoding: .utf8)
    try net.replacing(
      "PREPARED",
      with: "preprocessing: {resize: 10, crop: 8, mean: [0.1, 0.2, 0.3], std: [1, 2, 3], interpolation: bicubic}"
    ).write(toFile: folder.path("stated.yaml"), atomically: true, encoding: .utf8)
    let state = try ModelEntry.named(folder.path("plain.yaml")).build().initialState(seed: 1)
    try Snapshot(net: state).write(to: folder.path("bare.pth"))
    var said = Snapshot(net: state)
    said.preprocessing = try JSONValue(
      parsing: Preprocessing.evaluation(resize: 9, crop: ImageSize(8), normalization: .imageNet).json)
    try said.write(to: folder.path("said.h5"))

    func stated(
      _ model: String, weights: String? = nil, from: String? = nil, inputSize: Int? = nil,
      published: PublishedWeights? = nil,
      interpolation: Bool = true
    ) throws -> (variation: AugmentationSettings, notes: [String]) {
      let model = model.hasSuffix(".yaml") ? folder.path(model) : model
      var settings = TrainingSettings(model: model, data: "x", inputSize: inputSize)
      settings.weights = weights.map { folder.path($0) }
      let notes = try settings.takeStatedPreprocessing(
        from: from.map { folder.path($0) }, published: published, takesInterpolation: interpolation)
      return (settings.variation, notes)
    }
    #expect(try stated("plain.yaml").variation == AugmentationSettings())
    let own = Normalization(mean: [0.1, 0.2, 0.3], std: [1, 2, 3])
    let file = try stated("stated.yaml")
    #expect(file.variation.normalization == own && file.variation.resize == .shorterSide(10))
    #expect(file.variation.interpolation == .bicubic && file.notes.isEmpty)
    // Another size keeps the margins; a filter that the user names stays.
    let large = try stated("stated.yaml", inputSize: 32, interpolation: false).variation
    #expect(large.resize == .shorterSide(40) && large.interpolation == .bilinear)

    let weights = try stated("stated.yaml", weights: "said.h5")
    #expect(weights.variation.normalization == .imageNet && weights.variation.resize == .shorterSide(10))
    #expect(weights.notes.count == 1 && weights.notes[0].contains("mean 0.485, 0.456, 0.406"))
    #expect(try stated("stated.yaml", weights: "bare.pth").variation.normalization == own)
    let bare = try stated("resnet18", weights: "bare.pth")
    #expect(bare.variation.normalization == nil && bare.notes.first?.contains("'--normalize imagenet'") == true)
    // A training that goes on sees the numbers that it saw before.
    let continued = try stated("plain.yaml", from: "said.h5")
    #expect(continued.variation.normalization == .imageNet && continued.notes.count == 1)
    // Weights for grey images do not know colours; those that know nothing special say so where the file does.
    for (name, mode, normalization) in [
      ("grey.h5", Preprocessing.Mode.gray, Normalization(mean: [0.3], std: [0.4])), ("half.h5", .rgb, .half),
    ] {
      said.preprocessing = try JSONValue(
        parsing: Preprocessing.squash(inputSize: ImageSize(8), mode: mode, normalization: normalization).json)
      try said.write(to: folder.path(name))
    }
    let grey = try stated("stated.yaml", weights: "grey.h5")
    #expect(grey.variation.normalization == own && grey.notes.isEmpty)
    let half = try stated("stated.yaml", weights: "half.h5")
    #expect(half.variation.normalization == .half && half.notes.count == 1)
    #expect(try stated("plain.yaml", weights: "half.h5").notes.isEmpty)
    let published = try #require(Registry.model(named: "resnet18").publishedWeights.first)
    let torchvision = try stated("resnet18", weights: "bare.pth", published: published)
    #expect(torchvision.variation.normalization == .imageNet && torchvision.variation.resize == nil)
  }

  @Test func anotherSizeKeepsTheMargins() throws {
    let crop = try Preprocessing.evaluation(resize: 256, crop: ImageSize(224)).scaled(to: ImageSize(112))
    #expect(try crop == .evaluation(resize: 128, crop: ImageSize(112)))
    let squash = try Preprocessing.squash(inputSize: ImageSize(32)).scaled(to: ImageSize(40))
    #expect(try squash == .squash(inputSize: ImageSize(40)))
    #expect(try crop.scaled(to: ImageSize(112)) == crop)
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
