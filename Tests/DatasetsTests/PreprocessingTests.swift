import Testing

@testable import Datasets

@Suite struct PreprocessingTests {
  private static let presets: [@Sendable () throws -> Preprocessing] = [
    { try .train() }, { try .train(inputSize: ImageSize(65, 33), mode: .gray) }, { try .evaluation() },
    { try .evaluation(resize: 232, crop: ImageSize(224, 200), interpolation: .bicubic) },
    { try .squash(flip: true, normalization: .fashionMNIST) },
    { try Preprocessing([.resize(Resize(.shorterSide(3))), .centerCrop(CenterCrop(ImageSize(2))), .toTensor]) },
    { try Preprocessing(everyStep) },
  ]

  /// One of each kind of step, with no default value left.
  private static let everyStep: [Transform] = [
    .pad(Pad(Pad.Margins(left: 1, top: 2, right: 3, bottom: 4), mode: .symmetric)),
    .randomRotation(RandomRotation(-10...20, interpolation: .bilinear, expand: true, fill: FillColor(gray: 9))),
    .randomAffine(
      RandomAffine(
        degrees: -1...2, translateX: 0.1, translateY: 0.2, scale: 0.5...2, shearX: -3...4, shearY: -5...6,
        interpolation: .bicubic, fill: FillColor(red: 1, green: 2, blue: 3))),
    .randomCrop(
      RandomCrop(ImageSize(8, 9), padding: Pad(Pad.Margins(2), fill: FillColor(gray: 7)), padIfNeeded: true)),
    .randomHorizontalFlip(probability: 0.25), .randomVerticalFlip(probability: 0.75), .grayscale,
    .randomGrayscale(probability: 0.125),
    .colorJitter(ColorJitter(brightness: 0.4, contrast: 0.3, saturation: 2, hue: 0.1)),
    .trivialAugmentWide(TrivialAugmentWide(bins: 11, interpolation: .bilinear, fill: FillColor(gray: 3))),
    .randAugment(RandAugment(count: 3, magnitude: 5, bins: 10)), .toTensor, .normalize(mean: [0.5], std: [0.25]),
    .randomErasing(RandomErasing(probability: 0.3, scale: 0.1...0.2, ratio: 0.5...2, value: .random)),
  ]

  @Test(arguments: presets)
  func storedFormsRoundTrip(make: @Sendable () throws -> Preprocessing) throws {
    let preprocessing = try make()
    let json = preprocessing.json
    let again = try Preprocessing(json: json)
    #expect(again == preprocessing)
    #expect(again.json == json)
    #expect(again.outputSize == preprocessing.outputSize)
  }

  /// The stored form is a promise to every checkpoint that was written: it may gain fields, never lose or rename one.
  @Test func theStoredFormIsFixed() throws {
    let evaluation =
      #"{"mode":"RGB","transforms":["#
      + #"{"interpolation":"bilinear","name":"resize","shorter_side":256},{"name":"center_crop","size":[224,224]},"#
      + #"{"name":"to_tensor"},{"mean":[0.485,0.456,0.406],"name":"normalize","std":[0.229,0.224,0.225]}]}"#
    #expect(try Preprocessing.evaluation().json == evaluation)
    let train =
      #"{"mode":"L","transforms":[{"interpolation":"bilinear","name":"random_resized_crop","#
      + #""ratio":[0.75,1.3333333333333333],"scale":[0.08,1],"size":[64,64]},"#
      + #"{"name":"random_horizontal_flip","probability":0.5},{"name":"to_tensor"},"#
      + #"{"mean":[0.5],"name":"normalize","std":[0.5]}]}"#
    #expect(try Preprocessing.train(inputSize: ImageSize(64), mode: .gray).json == train)
  }

  @Test(arguments: [
    ("{", "cannot be read"),
    (#"{"mode":"RGB","transforms":[]}"#, "exactly one to_tensor"),
    (#"{"mode":"RGB","transforms":[{"name":"solarize"},{"name":"to_tensor"}]}"#, "solarize"),
    (
      #"{"mode":"L","transforms":[{"name":"pad","padding":1,"padding_mode":"constant","fill":[1,2,3]},"#
        + #"{"name":"center_crop","size":[4,4]},{"name":"to_tensor"}]}"#, "are gray"
    ),
    (#"{"mode":"RGB","transforms":[{"name":"pad","padding":[1,2],"padding_mode":"edge","fill":0}]}"#, "bottom"),
    (#"{"mode":"RGB","transforms":[{"name":"pad","padding":1,"padding_mode":"edge","fill":[0,256,1]}]}"#, "a fill is"),
    (#"{"mode":"CMYK","transforms":[{"name":"to_tensor"}]}"#, "CMYK"),
    (#"{"mode":"RGB","transforms":[{"name":"center_crop","size":[0,4]},{"name":"to_tensor"}]}"#, "size 0x4"),
    (#"{"mode":"RGB","transforms":[{"name":"center_crop","size":[4,4,4]},{"name":"to_tensor"}]}"#, "[height, width]"),
  ])
  func malformedFormsAreRefused(json: String, says: String) {
    #expect { try Preprocessing(json: json) } throws: { error in
      (error as? DatasetsError)?.code == .argument && "\(error)".contains(says)
    }
  }

  private static let crop = Transform.centerCrop(CenterCrop(ImageSize(8)))

  @Test(arguments: [
    ([crop], "exactly one to_tensor"),
    ([.toTensor, crop], "nothing else"),
    ([crop, .normalize(mean: [0], std: [1]), .toTensor], "before to_tensor"),
    ([crop, .toTensor, .normalize(mean: [0], std: [1]), .normalize(mean: [0], std: [1])], "nothing else"),
    ([.toTensor], "depends on the image"),
    ([.resize(Resize(.shorterSide(8))), .toTensor], "depends on the image"),
    ([crop, .toTensor, .normalize(mean: [0, 0], std: [1, 1])], "2 means"),
    ([crop, .toTensor, .normalize(mean: [0], std: [0])], "std above 0"),
    ([crop, .toTensor, .normalize(mean: [.nan], std: [1])], "finite"),
    ([crop, .randomHorizontalFlip(probability: 1.5), .toTensor], "1.5"),
    ([.resize(Resize(.exactly(ImageSize(8, 100_000)))), .toTensor], "8x100000"),
    ([.randomErasing(RandomErasing()), crop, .toTensor], "before to_tensor"),
    ([crop, .toTensor, .randomErasing(RandomErasing()), .normalize(mean: [0], std: [1])], "then one random_erasing"),
    ([crop, .randomRotation(RandomRotation(0...9, expand: true)), .toTensor], "depends on the image"),
    ([crop, .pad(Pad(Pad.Margins(left: -1, top: 0, right: 0, bottom: 0))), .toTensor], "[-1, 0, 0, 0]"),
    ([.randomCrop(RandomCrop(ImageSize(0))), .toTensor], "random_crop: size 0x0"),
    ([crop, .colorJitter(ColorJitter(hue: -0.6...0)), .toTensor], "-0.5 to 0.5"),
    ([crop, .colorJitter(ColorJitter(contrast: -1...0)), .toTensor], "contrast -1.0"),
    ([crop, .randomAffine(RandomAffine(degrees: 0...0, scale: 0...1)), .toTensor], "above 0"),
    ([crop, .randomAffine(RandomAffine(degrees: 0...0, translateX: 2)), .toTensor], "0...1"),
    ([crop, .randAugment(RandAugment(magnitude: 31)), .toTensor], "31 of 31"),
    ([crop, .trivialAugmentWide(TrivialAugmentWide(bins: 1)), .toTensor], "1 strengths"),
    ([crop, .toTensor, .randomErasing(RandomErasing(value: .constant([0, 1])))], "does not fit 3"),
    ([crop, .toTensor, .randomErasing(RandomErasing(probability: 2))], "2.0"),
    ([.randomResizedCrop(RandomResizedCrop(ImageSize(8), scale: 0...1)), .toTensor], "scale"),
  ])
  func impossibleStepsAreRefused(transforms: [Transform], says: String) {
    #expect { try Preprocessing(transforms) } throws: { error in
      (error as? DatasetsError)?.code == .argument && "\(error)".contains(says)
    }
  }

  /// A row of millions is a small file, and its weights would fill memory.
  @Test(arguments: Interpolation.allCases)
  func weightsAreBounded(interpolation: Interpolation) throws {
    let squash = try Preprocessing([.resize(Resize(.exactly(ImageSize(8)), interpolation: interpolation)), .toTensor])
    let row = Image(size: ImageSize(1, 3_000_000), channels: 1, pixels: [UInt8](repeating: 7, count: 3_000_000))
    if interpolation == .nearest {
      _ = try squash.tensor(of: row)
    } else {
      #expect { try squash.tensor(of: row) } throws: {
        ($0 as? DatasetsError)?.code == .tooLarge && "\($0)".contains("1x3000000")
      }
    }
    let panorama = Image(size: ImageSize(2, 300_000), channels: 1, pixels: [UInt8](repeating: 7, count: 600_000))
    _ = try squash.tensor(of: panorama)
  }

  @Test func memoryForUnusualImagesIsGivenBack() {
    var weights = ResampleWeights()
    weights.prepare(inputs: 1_500_000, from: 0, extent: 1_500_000, outputs: 8, interpolation: .bilinear)
    #expect(weights.starts.count == 8)
    weights.trim()
    #expect(weights.starts.isEmpty)
    weights.prepare(inputs: 5000, from: 0, extent: 5000, outputs: 224, interpolation: .bicubic)
    weights.trim()
    #expect(weights.starts.count == 224)
  }

  @Test func defaultsFitTheDataset() throws {
    let small = try PreprocessingPair(for: SyntheticDataset(size: ImageSize(28)), inputSize: ImageSize(224))
    #expect(!small.training.isRandom && small.training == small.evaluation)
    let large = try PreprocessingPair(for: SyntheticDataset(size: ImageSize(300)), inputSize: ImageSize(224))
    #expect(try large.training == .train())
    #expect(try large.evaluation == .evaluation(normalization: .half))
    #expect(try PreprocessingPair(for: SyntheticDataset(), channels: 1).training.channels == 1)
    #expect { try PreprocessingPair(for: SyntheticDataset(), channels: 4) } throws: { "\($0)".contains("4 input") }
  }
}
