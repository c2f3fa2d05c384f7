import Foundation
import Tensors
import Testing

@testable import Datasets

@Suite struct DecodingOptionsTests {
  /// What Pillow made of the images in `Goldens/options`; see `make_options.py`.
  private struct Expected: Decodable {
    struct Turned: Decodable {
      let file: String
      let height, width: Int
      let rgb: String
    }

    struct Reduced: Decodable {
      let file: String
      /// [left, top, width, height]
      let box: [Int]
      /// [height, width]
      let size: [Int]
      let interpolation: Interpolation
      let scale: Int
      let rgb: String
    }

    let turned: [Turned]
    let reduced: [Reduced]
  }

  private static func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(filePath: Goldens.folder + "/options.json")))
  }

  private static func path(_ file: String) -> String { "\(Goldens.folder)/options/\(file)" }

  /// The pixels, as three channels, that steps make of a file with options.
  private func pixels(_ file: String, _ planned: [PixelOperation], _ options: DecodingOptions) throws -> Image {
    var content = SampleContent()
    try FileBytes.read(Self.path(file), into: &content)
    var decoder = ImageDecoder(options)
    let opened = try decoder.open(content, named: file)
    let plan = DecodingPlan(planned, for: opened, reduces: options.reducesJPEG)
    var canvas = PixelCanvas()
    return Image(canvas.apply(plan.operations, to: try decoder.decode(plan.part, of: opened, named: file)))
  }

  @Test func imagesAreTurnedAsPillowTurnsThem() throws {
    let turned = try Self.expected().turned
    #expect(turned.count == 20)
    for golden in turned {
      let image = try pixels(golden.file, [], DecodingOptions(turnsByEXIF: true))
      #expect(image.size == ImageSize(golden.height, golden.width), "\(golden.file)")
      #expect(digest(image.rgbPixels) == golden.rgb, "\(golden.file)")
      let asItIs = try pixels(golden.file, [], DecodingOptions())
      #expect(asItIs == (try Image(contentsOf: Self.path(golden.file))) && asItIs.size == ImageSize(12, 17))
    }
  }

  /// A crop of a turned image is a crop of what one sees.
  @Test func cropsAreOfTheTurnedImage() throws {
    let box = PixelBox(left: 2, top: 5, size: ImageSize(7, 6))
    let options = DecodingOptions(turnsByEXIF: true)
    for orientation in 1...8 {
      let whole = try pixels("turn-\(orientation).jpg", [], options)
      let cut = try pixels("turn-\(orientation).jpg", [.crop(box)], options)
      var canvas = PixelCanvas()
      let expected = whole.pixels.withUnsafeBufferPointer { pixels in
        pixels.baseAddress.map { base in
          Image(
            canvas.apply(
              [.crop(box)],
              to: PixelView(base: base, size: whole.size, channels: 3, rowBytes: whole.size.width * 3)))
        }
      }
      #expect(cut == expected, "orientation \(orientation)")
    }
  }

  @Test func reducedImagesAreThoseOfPillowsDraft() throws {
    let reduced = try Self.expected().reduced
    #expect(reduced.count > 40 && Set(reduced.map(\.scale)) == [1, 2, 4, 8])
    for golden in reduced {
      let box = PixelBox(left: golden.box[0], top: golden.box[1], size: ImageSize(golden.box[3], golden.box[2]))
      let steps: [PixelOperation] = [
        .crop(box), .resize(ImageSize(golden.size[0], golden.size[1]), golden.interpolation),
      ]
      let image = try pixels(golden.file, steps, DecodingOptions(reducesJPEG: true))
      #expect(
        digest(image.rgbPixels) == golden.rgb, "\(golden.file) \(golden.box) to \(golden.size) by \(golden.scale)")
    }
  }

  /// A part of a JPEG is the same pixels as the part of the whole, whatever its sampling and scans.
  @Test func partsAreThoseOfTheWhole() throws {
    var random = RandomSource(seed: 1, purpose: .synthetic)
    let files = ["large-420.jpg", "large-444.jpg", "large-progressive.jpg", "large-gray.jpg"]
    for file in files.map(Self.path) + ["photo-422.jpg", "photo-420.jpg"].map(Goldens.path) {
      let whole = try Image(contentsOf: file)
      var content = SampleContent()
      try FileBytes.read(file, into: &content)
      var decoder = ImageDecoder()
      for _ in 0..<30 {
        let (left, top) = (random.integer(below: whole.size.width), random.integer(below: whole.size.height))
        let size = ImageSize(
          1 + random.integer(below: whole.size.height - top), 1 + random.integer(below: whole.size.width - left))
        let box = PixelBox(left: left, top: top, size: size)
        let opened = try decoder.open(content, named: "")
        let part = Image(try decoder.decode(DecodingPart(box, reduction: 1), of: opened, named: ""))
        let rows = (top..<top + size.height).flatMap { row in
          let start = (row * whole.size.width + left) * whole.channels
          return Array(whole.pixels[start..<start + size.width * whole.channels])
        }
        #expect(part.pixels == rows, "\(file) \(box)")
      }
    }
  }

  /// Also when only its beginning is asked for: a file that was cut is an error that names it.
  @Test func cutFilesAreErrors() throws {
    let folder = try TemporaryFolder()
    for file in ["large-420.jpg", "large-progressive.jpg"] {
      let bytes = try Data(contentsOf: URL(filePath: Self.path(file)))
      for length in [bytes.count * 9 / 10, bytes.count / 2, bytes.count - 2] {
        let path = try folder.write(bytes.prefix(length), to: "cut.jpg")
        var content = SampleContent()
        try FileBytes.read(path, into: &content)
        var decoder = ImageDecoder()
        let opened = try decoder.open(content, named: "")
        let part = DecodingPart(PixelBox(left: 0, top: 0, size: ImageSize(4)), reduction: 1)
        #expect(throws: DatasetsError.self, "\(file) of \(length)") {
          _ = Image(try decoder.decode(part, of: opened, named: ""))
        }
        let preprocessing = try Preprocessing.train(inputSize: ImageSize(8))
        #expect { try preprocessing.tensor(ofImageAt: path) } throws: {
          "\($0)".contains("cut.jpg: the JPEG is damaged") && "\($0)".contains("Premature end")
        }
      }
    }
  }

  @Test func aPresetKeepsItsOptions() throws {
    var preprocessing = try Preprocessing.evaluation()
    let plain = preprocessing.json
    #expect(!plain.contains("exif") && !plain.contains("fast"))
    preprocessing.decoding = DecodingOptions(turnsByEXIF: true, reducesJPEG: true)
    let again = try Preprocessing(json: preprocessing.json)
    #expect(again == preprocessing && again.decoding.turnsByEXIF && again.decoding.reducesJPEG)
    #expect(try Preprocessing(json: plain).decoding == DecodingOptions())
    var turned = try Preprocessing.squash(inputSize: ImageSize(9))
    let flat = try turned.tensor(ofImageAt: Self.path("turn-6.jpg"))
    turned.decoding.turnsByEXIF = true
    #expect(
      try turned.tensor(ofImageAt: Self.path("turn-6.jpg")).elements(as: Float.self) != flat.elements(as: Float.self))
  }

  /// Metadata of any bytes: an orientation or none, never a crash.
  @Test func damagedMetadataIsNoCrash() throws {
    var random = RandomSource(seed: 2, purpose: .synthetic)
    for file in [
      "turn-3.jpg", "turn.png", "turn.webp", "turn-xmp.jpg", "turn-xmp.png", "turn-xmp.webp", "turn-raw.png",
      "turn-raw-packed.png", "turn-xmp-packed.png",
    ] {
      let whole = try Array(Data(contentsOf: URL(filePath: Self.path(file))))
      for _ in 0..<300 {
        var bytes = whole
        for _ in 0..<3 { bytes[random.integer(below: min(400, bytes.count))] = UInt8(random.integer(below: 256)) }
        bytes = Array(bytes.prefix(random.integer(below: bytes.count) + 1))
        bytes.withUnsafeBufferPointer { bytes in
          for format in [ImageFormat.jpeg, .png, .webp] { _ = ImageOrientation(of: bytes, format) }
        }
      }
    }
  }
}
