import Foundation
import Testing

@testable import Datasets

/// What Pillow decoded; see `make_decoding.py`.
private struct DecodingGoldens: Decodable {
  let decoding: [Goldens.Decoding]

  static let all: DecodingGoldens? = {
    let data = FileManager.default.contents(atPath: Goldens.folder + "/decoding.json")
    return data.flatMap { try? JSONDecoder().decode(DecodingGoldens.self, from: $0) }
  }()

  static func path(_ file: String) -> String { "\(Goldens.folder)/decoding/\(file)" }
}

/// WebP, and JPEG in four inks.
@Suite struct OtherFormatsTests {
  @Test func theGoldensAreThere() throws {
    #expect(try #require(DecodingGoldens.all).decoding.count == 12)
  }

  /// Every pixel equals Pillow's `convert("RGB")`.
  @Test(arguments: DecodingGoldens.all?.decoding ?? [])
  func pixelsEqualPillows(golden: Goldens.Decoding) throws {
    let image = try Image(contentsOf: DecodingGoldens.path(golden.file))
    #expect(image.size == ImageSize(golden.height, golden.width))
    #expect(digest(image.rgbPixels) == golden.rgb)
  }

  /// Cut anywhere, a WebP is an error that names the file.
  @Test(arguments: ["lossy.webp", "lossless.webp", "lossy-alpha.webp", "one-pixel.webp", "cmyk-black.jpg", "ycck.jpg"])
  func truncatedFilesAreErrors(file: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: DecodingGoldens.path(file)))
    for length in Array(stride(from: 1, to: whole.count - 2, by: 11)) + [whole.count - 3] {
      expectCorrupt(whole.prefix(length), "\(file) cut to \(length)")
    }
  }

  /// The first frame of an animation needs the whole file, as Pillow does.
  @Test func truncatedAnimationsAreErrors() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: DecodingGoldens.path("animation.webp")))
    for length in stride(from: 1, to: whole.count - 2, by: 37) {
      expectCorrupt(whole.prefix(length), "cut to \(length)")
    }
  }

  /// No changed byte crashes; what still decodes keeps its size or says another.
  @Test(arguments: ["lossy-alpha.webp", "animation.webp", "lossless.webp"])
  func damagedFilesDoNotCrash(file: String) throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: DecodingGoldens.path(file)))
    for position in stride(from: 0, to: whole.count, by: 3) {
      var damaged = whole
      damaged[position] ^= 0x55
      var content = SampleContent()
      content.setEncoded(count: damaged.count) { _ = damaged.copyBytes(to: $0) }
      do throws(DatasetsError) {
        let image = try Image(decoding: content, named: "image.webp")
        #expect(image.pixels.count == image.size.height * image.size.width * image.channels)
      } catch {
        #expect(error.description.contains("image.webp"), "\(error)")
      }
    }
  }

  private func expectCorrupt(_ bytes: Data, _ what: String) {
    var content = SampleContent()
    content.setEncoded(count: bytes.count) { _ = bytes.copyBytes(to: $0) }
    do throws(DatasetsError) {
      _ = try Image(decoding: content, named: "image.webp")
      Issue.record("\(what): no error")
    } catch {
      #expect(error.code == .corrupt, "\(what): \(error)")
      #expect(error.description.contains("image.webp"), "\(error)")
    }
  }
}
