import Foundation
import Tensors
import Testing

@testable import Datasets

@Suite struct DecodingTests {
  @Test func theGoldensAreThere() throws {
    let goldens = try #require(Goldens.all)
    #expect(goldens.decoding.count == 28)
    #expect(goldens.resizing.count == 156)
  }

  /// Every pixel equals Pillow's `convert("RGB")`, except for CMYK, which may differ by 1.
  @Test(arguments: Goldens.all?.decoding ?? [])
  func pixelsEqualPillows(golden: Goldens.Decoding) throws {
    let image = try Image(contentsOf: Goldens.path(golden.file))
    #expect(image.size == ImageSize(golden.height, golden.width))
    if let expected = golden.rgb {
      #expect(digest(image.rgbPixels) == expected)
    } else {
      let expected = try Image(contentsOf: Goldens.path(golden.file + ".expected.png"))
      let difference = zip(image.rgbPixels, expected.rgbPixels).map { abs(Int($0) - Int($1)) }.max()
      #expect(try #require(difference) <= 1)
    }
  }

  /// The look-up of ToTensor alone shows the luma values: x / 255 is a different number for each x.
  @Test(arguments: (Goldens.all?.decoding ?? []).filter { $0.luma != nil })
  func lumaEqualsPillows(golden: Goldens.Decoding) throws {
    let image = try Image(contentsOf: Goldens.path(golden.file))
    let preprocessing = try Preprocessing(mode: .gray, [.centerCrop(CenterCrop(image.size)), .toTensor])
    let values = try preprocessing.tensor(of: image).elements(as: Float.self).map { UInt8(($0 * 255).rounded()) }
    #expect(digest(values) == golden.luma)
  }

  @Test(arguments: ["gray.jpg", "gray-1-bit.png", "gray-16-bit.png", "gray-alpha.png"])
  func grayStaysAtOneChannel(file: String) throws {
    #expect(try Image(contentsOf: Goldens.path(file)).channels == 1)
  }

  /// Cut anywhere, even by its last byte, a file is an error that names it: Pillow refuses all of these too.
  @Test(arguments: ["photo-420.jpg", "photo-progressive.jpg", "gray.jpg"])
  func truncatedJPEGIsAnError(file: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Goldens.path(file)))
    for length in stride(from: 0, to: whole.count, by: 7) + [whole.count - 2, whole.count - 1] {
      expectCorrupt(whole.prefix(length), "\(file) cut to \(length)")
    }
  }

  /// All image data and its checksum must be there; what follows it is not needed.
  @Test(arguments: ["rgb.png", "palette.png", "gray-16-bit.png", "rgb-interlaced.png"])
  func truncatedPNGIsAnError(file: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Goldens.path(file)))
    let endChunk = 12
    for length in stride(from: 0, to: whole.count - endChunk, by: 5) {
      expectCorrupt(whole.prefix(length), "\(file) cut to \(length)")
    }
  }

  /// A changed byte in compressed PNG data is found by its checksums.
  @Test func damagedPNGIsAnError() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("rgb.png")))
    for position in stride(from: 60, to: whole.count - 20, by: 397) {
      var damaged = whole
      damaged[position] ^= 0x10
      expectCorrupt(damaged, "byte \(position)")
    }
  }

  /// A header that announces more pixels than any photograph has is refused before memory is taken.
  @Test func bombsAreRefused() throws {
    var png = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("rgb.png")))
    // Width and height stand at 16 and 20, big-endian, and the header's checksum after 13 bytes of data at 29.
    png.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
    png.replaceSubrange(29..<33, with: bigEndian(Int(crc32(png[12..<29]))))
    expect(png, code: .tooLarge, "65536x65536")

    var jpeg = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("photo-444.jpg")))
    let frame = try #require(jpeg.range(of: Data([0xFF, 0xC0, 0x00, 0x11, 0x08])))
    jpeg.replaceSubrange(frame.upperBound..<frame.upperBound + 4, with: [0xFF, 0xDC, 0xFF, 0xDC])
    expect(jpeg, code: .tooLarge, "65500x65500")
  }

  @Test func otherFormatsAreNamed() {
    expect(Data("RIFF\u{1}\u{0}\u{0}\u{0}WEBPVP8 ".utf8), code: .corrupt, "WebP")
    expect(Data("BM0000000000".utf8), code: .unsupported, "BMP")
    expect(Data([0x49, 0x49, 0x2A, 0x00, 8, 0, 0, 0]), code: .unsupported, "TIFF")
    expect(Data("P6\n1 1\n255\nabc".utf8), code: .unsupported, "PPM")
    expect(Data("GIF89a".utf8), code: .unsupported, "GIF")
    expect(Data("<html>not found</html>".utf8), code: .corrupt, "is no image")
    expect(Data(), code: .corrupt, "empty")
  }

  /// The content decides, not the name.
  @Test func aPNGNamedJPEGIsRead() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("rgb.png")))
    let path = try folder.write(bytes, to: "picture.jpg")
    #expect(try Image(contentsOf: path) == Image(contentsOf: Goldens.path("rgb.png")))
  }

  /// Stray bytes between markers, which some editors leave, change no pixel and are no error.
  @Test func strayBytesBetweenMarkersAreAccepted() throws {
    let folder = try TemporaryFolder()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("photo-420.jpg")))
    let table = try #require(bytes.range(of: Data([0xFF, 0xDB])))
    bytes.insert(contentsOf: [0, 0, 0], at: table.lowerBound)
    let image = try Image(contentsOf: try folder.write(bytes, to: "stray.jpg"))
    #expect(try image == Image(contentsOf: Goldens.path("photo-420.jpg")))
  }

  @Test func missingFilesAndFoldersAreNamed() throws {
    let folder = try TemporaryFolder()
    #expect { try Image(contentsOf: folder.path + "/nothing.jpg") } throws: { error in
      (error as? DatasetsError)?.code == .notFound && "\(error)".contains("nothing.jpg")
    }
    #expect { try Image(contentsOf: folder.path) } throws: { ($0 as? DatasetsError)?.code == .unreadable }
  }

  private func expectCorrupt(_ bytes: Data, _ what: String) { expect(bytes, code: .corrupt, what, says: "image.jpg") }

  private func expect(_ bytes: Data, code: DatasetsError.Code, _ what: String) {
    expect(bytes, code: code, what, says: what)
  }

  private func expect(_ bytes: Data, code: DatasetsError.Code, _ what: String, says text: String) {
    var content = SampleContent()
    content.setEncoded(count: bytes.count) { _ = bytes.copyBytes(to: $0) }
    do throws(DatasetsError) {
      _ = try Image(decoding: content, named: "image.jpg")
      Issue.record("\(what): no error")
    } catch {
      #expect(error.code == code, "\(what): \(error)")
      #expect(error.description.contains(text), "\(error)")
    }
  }
}
