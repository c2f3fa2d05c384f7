import Tensors
import Testing

@testable import Datasets

@Suite struct AugmentationTests {
  @Test func theGoldensAreThere() throws {
    #expect(try #require(TransformGoldens.all).chains.count > 300)
  }

  /// Every pixel equals torchvision's on PIL images, given the same parameters.
  @Test(arguments: TransformGoldens.all?.chains ?? [])
  func pixelsEqualTorchvisions(golden: TransformGoldens.Chain) throws {
    var operations: [PixelOperation] = []
    let image = try Image(contentsOf: Goldens.path(golden.file))
    var size = image.size
    for step in golden.chain {
      for operation in try #require(step.operations(for: size)) {
        operations.append(operation)
        size = operation.size(after: size)
      }
    }
    let result = applied(operations, to: image)
    #expect([result.size.height, result.size.width] == golden.size)
    #expect(digest(result.rgbPixels) == golden.pixels, "\(golden.chain)")
  }

  /// Strengths are torchvision's but for the last bit of single precision: PyTorch's own differ in it from one processor
  /// to another, because it counts from the start of each vector.
  @Test func strengthsEqualTorchvisions() throws {
    let goldens = try #require(TransformGoldens.all)
    let size = ImageSize(goldens.size[0], goldens.size[1])
    for operation in AutoAugmentOperation.allCases {
      let bins = operation.hasMagnitude ? 31 : 0
      let wide = try #require(goldens.wide[operation.rawValue])
      expectClose((0..<bins).map { TrivialAugmentWide().magnitude(of: operation, bin: $0) }, wide, "\(operation)")
      let rand = try #require(goldens.rand[operation.rawValue])
      expectClose(
        (0..<bins).map { RandAugment(magnitude: $0).magnitude(of: operation, for: size) }, rand, "\(operation)")
    }
  }

  private func expectClose(_ values: [Double], _ expected: [Double], _ what: Comment) {
    #expect(values.count == expected.count, what)
    for (value, expected) in zip(values, expected) {
      #expect(abs(value - expected) <= 2.5e-7 * abs(expected), what)
    }
  }

  /// The float32 bytes equal torchvision's `erase` after `normalize`.
  @Test func erasedNumbersEqualTorchvisions() throws {
    let image = try Image(contentsOf: Goldens.path("rgb.png"))
    let plain = try Preprocessing([
      .centerCrop(CenterCrop(image.size)), .toTensor, .normalize(mean: [0.5], std: [0.5]),
    ])
    for golden in try #require(TransformGoldens.all).erasing {
      var tensor = try plain.tensor(of: image)
      let erasing = RandomErasing(value: .constant(golden.value))
      let box = PixelBox(left: golden.box[1], top: golden.box[0], size: ImageSize(golden.box[2], golden.box[3]))
      var random = RandomSource(seed: 0, purpose: .augmentation)
      try tensor.withUnsafeMutableBytes { bytes in
        let target = try #require(bytes.bindMemory(to: Float.self).baseAddress)
        erasing.erase(box, of: image.size, channels: 3, in: target, random: &random)
      }
      #expect(tensor.withUnsafeBytes { digest($0) } == golden.floats, "\(golden)")
    }
  }

  private func applied(_ operations: [PixelOperation], to image: Image) -> Image {
    var content = SampleContent()
    content.setPixels(image.size, channels: image.channels) { $0.copyBytes(from: image.pixels) }
    guard let view = content.view else { preconditionFailure("pixels were just set") }
    var canvas = PixelCanvas()
    return Image(canvas.apply(operations, to: view))
  }
}

@Suite struct RandomTransformTests {
  private func draws<T>(_ count: Int = 2000, _ body: (inout RandomSource) throws -> T) rethrows -> [T] {
    try (0..<count).map { sample in
      var random = RandomSource(seed: 9, purpose: .augmentation, second: UInt64(sample))
      return try body(&random)
    }
  }

  @Test func cropsReachEveryPlaceOfThePaddedImage() throws {
    let crop = RandomCrop(ImageSize(8), padding: Pad(Pad.Margins(1)))
    let boxes = try draws { random in try crop.operations(for: ImageSize(9, 8), random: &random).last }
    // 11 x 10 pixels with padding: 4 rows and 3 columns to begin at.
    #expect(Set(boxes).count == 12)
    let whole = try draws(5) { random in try crop.operations(for: ImageSize(6, 6), random: &random).count }
    #expect(whole == [1, 1, 1, 1, 1])
  }

  @Test func tooSmallImagesAreErrorsUnlessPadded() throws {
    var random = RandomSource(seed: 1, purpose: .augmentation)
    #expect { try RandomCrop(ImageSize(8)).operations(for: ImageSize(8, 7), random: &random) } throws: {
      "\($0)".contains("8x7") && "\($0)".contains("8x8")
    }
    let padded = RandomCrop(ImageSize(8), padIfNeeded: true)
    // All that is missing is added on both sides, as torchvision does.
    let operations = try padded.operations(for: ImageSize(5, 7), random: &random)
    #expect(operations.first == .pad(left: 1, top: 0, to: ImageSize(5, 9), .constant, .black))
    #expect(operations.dropFirst().first == .pad(left: 0, top: 3, to: ImageSize(11, 9), .constant, .black))
    let preprocessing = try Preprocessing([.randomCrop(RandomCrop(ImageSize(8))), .toTensor])
    #expect { try preprocessing.tensor(ofImageAt: Goldens.path("one-pixel.jpg")) } throws: {
      "\($0)".contains("one-pixel.jpg: has 1x1 pixels")
    }
  }

  /// A picture of one row and very many columns must not become one that fits no memory.
  @Test func extremeProportionsAreRefused() throws {
    let preprocessing = try Preprocessing([
      .resize(Resize(.shorterSide(16_384))), .centerCrop(CenterCrop(ImageSize(8))), .toTensor,
    ])
    let line = Image(size: ImageSize(1, 20_000), channels: 1, pixels: [UInt8](repeating: 7, count: 20_000))
    #expect { try preprocessing.tensor(of: line) } throws: { ($0 as? DatasetsError)?.code == .tooLarge }
  }

  @Test func jitterUsesEveryOrderAndItsRanges() throws {
    let jitter = ColorJitter(brightness: 0.4, contrast: 0, saturation: 2, hue: 0.1)
    let all = draws { jitter.operations(random: &$0) }
    #expect(all.allSatisfy { $0.count == 3 })
    var orders: Set<[String]> = []
    for operations in all {
      orders.insert(
        operations.map { operation in
          switch operation {
          case .color(.brightness(let factor)):
            #expect((0.6...1.4).contains(factor))
            return "brightness"
          case .color(.saturation(let factor)):
            #expect((0...3).contains(factor))
            return "saturation"
          case .color(.hue(let turn)):
            #expect((-0.1...0.1).contains(turn))
            return "hue"
          default: return "\(operation)"
          }
        })
    }
    #expect(orders.count == 6)
  }

  @Test func anglesAndShiftsKeepTheirRanges() {
    let size = ImageSize(40, 60)
    let identity = AffineMap(size, degrees: 0, translation: (0, 0), scale: 1, shear: (0, 0))
    #expect(identity.matrix == [1, 0, 0, 0, 1, 0])
    let affine = RandomAffine(degrees: 0...0, translateX: 0.1, translateY: 0.2)
    var shifts: Set<[Double]> = []
    let moved: [PixelOperation] = draws { random in affine.operations(for: size, random: &random)[0] }
    for case .affine(let map, to: _, _, _) in moved {
      shifts.insert([map.matrix[2], map.matrix[5]])
    }
    #expect(shifts.allSatisfy { $0[0].magnitude <= 6 && $0[1].magnitude <= 8 })
    #expect(Set(shifts.map { $0[0] }).count == 13 && Set(shifts.map { $0[1] }).count == 17)
    let turns = draws { RandomRotation(-10...10).operations(for: size, random: &$0) }
    #expect(Set(turns).count == turns.count)
  }

  @Test func automaticAugmentationUsesAllItsOperations() {
    let size = ImageSize(32)
    let trivial = draws { TrivialAugmentWide().operations(for: size, random: &$0) }
    // A quarter turn is two operations.
    #expect(trivial.allSatisfy { $0.count <= 2 })
    // Identity, and rotations by 0, do nothing: 1 in 14, and 1 in 31 of 1 in 14. 147 ± 12 of 2000; five deviations.
    #expect(abs(trivial.count(where: \.isEmpty) - 147) < 60)
    #expect(Set(trivial).count > 300)
    let rand = draws { RandAugment(count: 3, magnitude: 30).operations(for: size, random: &$0) }
    #expect(rand.contains { $0.count == 3 } && rand.allSatisfy { $0.count <= 6 })
    let none = draws { RandAugment(count: 0).operations(for: size, random: &$0) }
    #expect(none.allSatisfy { $0.isEmpty })
  }

  /// Rectangles lie inside the image with area and proportions in range but for the rounding to whole pixels.
  @Test func erasedRectanglesKeepTheirRanges() {
    let erasing = RandomErasing(probability: 0.4)
    let boxes = draws { erasing.box(in: ImageSize(96, 128), random: &$0) }
    // Binomial: 800 ± 22; five standard deviations.
    #expect(abs(boxes.compactMap { $0 }.count - 800) < 110)
    for box in boxes.compactMap({ $0 }) {
      #expect(box.left >= 0 && box.top >= 0 && box.left + box.size.width <= 128 && box.top + box.size.height <= 96)
      let area = Double(box.size.width * box.size.height) / (96 * 128)
      #expect(area > 0.018 && area < 0.34)
    }
    let none = draws { RandomErasing(probability: 0).box(in: ImageSize(9), random: &$0) }
    #expect(none.allSatisfy { $0 == nil })
  }

  @Test func erasingWithNoiseTouchesOnlyItsRectangle() throws {
    let image = Image(size: ImageSize(40), channels: 1, pixels: [UInt8](repeating: 255, count: 1600))
    let preprocessing = try Preprocessing([
      .centerCrop(CenterCrop(ImageSize(40))), .toTensor, .normalize(mean: [1], std: [1]),
      .randomErasing(RandomErasing(probability: 1, scale: 0.2...0.3, value: .random)),
    ])
    let values = try preprocessing.tensor(of: image).elements(as: Float.self)
    let erased = values.count { $0 != 0 }
    #expect(erased > 3 * 300 && erased < 3 * 490)
    let deviation = (values.reduce(0) { $0 + Double($1 * $1) } / Double(erased)).squareRoot()
    #expect(abs(deviation - 1) < 0.12)
  }
}
