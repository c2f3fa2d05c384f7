import Foundation
import Testing

@testable import Datasets

@Suite struct VerificationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func copy(_ golden: String, to name: String) throws {
    try folder.write(Data(contentsOf: URL(filePath: "\(Goldens.folder)/\(golden)")), to: name)
  }

  private func dataset(_ name: String) throws -> ImageFolder { try ImageFolder("\(folder.path)/\(name)") }

  private func names(_ samples: [DataReport.Sample]) -> [String] {
    samples.map { String($0.name.dropFirst(folder.path.count + 1)) }
  }

  @Test func everythingIsFound() throws {
    try copy("images/photo-420.jpg", to: "train/a/1.jpg")
    try copy("images/photo-422.jpg", to: "train/a/2.jpg")
    try copy("decoding/cmyk-progressive.jpg", to: "train/a/3.jpg")
    try copy("images/gray-16-bit.png", to: "train/a/4.png")
    try copy("options/turn-6.jpg", to: "train/b/1.jpg")
    try copy("options/turn.webp", to: "train/b/2.webp")
    // The same pixels in the same file, and in another: WebP without loss.
    try copy("images/photo-420.jpg", to: "train/b/3.jpg")
    try Image(contentsOf: Goldens.path("photo-422.jpg")).writePNG(to: folder.path + "/train/b/4.png")
    try folder.write(Data("no image".utf8), to: "train/b/5.png")
    try copy("images/photo-422.jpg", to: "val/a/x.jpg")
    try copy("images/photo-444.jpg", to: "val/c/y.jpg")
    let report = try DataReport(training: dataset("train"), validation: dataset("val"))
    let training = report.training
    #expect(training.count == 9 && training.classCounts == [4, 5])
    #expect(training.formats == ["JPEG": 5, "PNG": 2, "WebP": 1])
    #expect(training.corrupt.map(\.location) == [folder.path + "/train/b/5.png"])
    #expect(names(training.inks) == ["train/a/3.jpg"])
    #expect(names(training.deep) == ["train/a/4.png"])
    #expect(names(training.turned) == ["train/b/1.jpg", "train/b/2.webp"])
    #expect(
      training.duplicates.map(names) == [["train/a/1.jpg", "train/b/3.jpg"], ["train/a/2.jpg", "train/b/4.png"]])
    #expect(training.contradictions == training.duplicates)
    #expect(training.sizes?.smallest == ImageSize(9, 14))
    #expect(names(report.leaks.map(\.validation)) == ["val/a/x.jpg"])
    #expect(names(report.leaks.map(\.training)) == ["train/a/2.jpg"])
    #expect(report.unknownClasses == ["c"] && report.missingClasses == ["b"])
    #expect(report.hasErrors && report.hasRemarks)
  }

  @Test func soundDataIsSound() throws {
    try copy("images/photo-420.jpg", to: "train/a/1.jpg")
    try copy("images/photo-422.jpg", to: "train/b/2.jpg")
    let report = try DataReport(training: dataset("train"))
    #expect(!report.hasErrors && !report.hasRemarks && report.validation == nil)
    var counts: [Int] = []
    _ = try DataReport(training: dataset("train"), validation: dataset("train")) { done, total in
      counts += [done, total]
    }
    #expect(counts == [2, 4, 4, 4])
  }

  /// A gray file and one of three equal channels hold the same image.
  @Test func grayInColoursIsTheSameImage() throws {
    let gray = try Image(contentsOf: Goldens.path("gray.png"))
    try gray.writePNG(to: folder.write(Data(), to: "train/a/gray.png"))
    let colours = Image(size: gray.size, channels: 3, pixels: gray.rgbPixels)
    try colours.writePNG(to: folder.write(Data(), to: "train/b/rgb.png"))
    try colours.writePNG(to: folder.write(Data(), to: "val/a/rgb.png"))
    var pixels = colours.pixels
    pixels[pixels.count - 1] ^= 1
    try Image(size: gray.size, channels: 3, pixels: pixels).writePNG(to: folder.write(Data(), to: "val/b/other.png"))
    let report = try DataReport(training: dataset("train"), validation: dataset("val"))
    #expect(report.training.contradictions.map(names) == [["train/a/gray.png", "train/b/rgb.png"]])
    #expect(names(report.leaks.map(\.validation)) == ["val/a/rgb.png"] && report.validation?.duplicates.isEmpty == true)
  }

  @Test func emptyClassFoldersAreReported() throws {
    try copy("images/photo-420.jpg", to: "train/a/1.jpg")
    try folder.write(Data(), to: "train/b/notes.txt")
    #expect(throws: DatasetsError.self) { try dataset("train") }
    let kept = try ImageFolder(folder.path + "/train", allowsEmptyClasses: true)
    let report = DataReport(training: kept)
    #expect(report.training.emptyFolders == ["b"] && report.training.emptyClasses == ["b"] && report.hasErrors)
    let named = try DataReport(training: kept.relabeled(to: ["a", "b", "c"])).training
    #expect(named.emptyFolders == ["b"] && named.emptyClasses == ["b", "c"])
    try FileManager.default.removeItem(atPath: folder.path + "/train/a/1.jpg")
    #expect(throws: DatasetsError.self) { try ImageFolder(folder.path + "/train", allowsEmptyClasses: true) }
  }

  @Test func hashesTellImagesApart() {
    func hash(_ pixels: [UInt8], _ size: ImageSize, _ channels: Int = 1) -> ContentHash? {
      pixels.withUnsafeBufferPointer { pixels in
        pixels.baseAddress.map {
          ContentHash(PixelView(base: $0, size: size, channels: channels, rowBytes: size.width * channels))
        }
      }
    }
    let pixels = (0..<36).map { UInt8($0) }
    var all: [ContentHash?] = [
      hash(pixels, ImageSize(4, 9)), hash(pixels, ImageSize(9, 4)), hash(pixels, ImageSize(4, 3), 3),
    ]
    for place in 0..<36 {
      var other = pixels
      other[place] ^= 1
      all.append(hash(other, ImageSize(4, 9)))
    }
    #expect(Set(all).count == 39 && hash(pixels, ImageSize(4, 9)) == all[0])
  }
}

/// Images of one gray each.
private struct PlainDataset: Dataset {
  let grays: [UInt8]
  let size: ImageSize

  var count: Int { grays.count }
  var classNames: [String] { grays.map(String.init) }
  func label(of index: Int) -> Int32 { Int32(index) }
  func describe(_ index: Int) -> String { classNames[index] }

  func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    content.setPixels(size, channels: 1) { bytes in
      for offset in bytes.indices { bytes[offset] = grays[index] }
    }
  }
}

@Suite struct ContactSheetTests {
  /// Without anything random the sheet shows the images themselves, and so the normalisation is turned back.
  @Test func imagesAreShownInTheirPlaces() throws {
    let dataset = SyntheticDataset(count: 2, size: ImageSize(100, 110), corrupt: [])
    let preprocessing = try Preprocessing.squash(inputSize: ImageSize(100, 110), normalization: .imageNet)
    let sheet = try ContactSheet(dataset, preprocessing: preprocessing, count: 9, seed: 1).drawing()
    #expect(sheet.size == ImageSize(100 + 17 + 17, 2 * 114 + 4))
    let places = [4, 118].map { left in
      (0..<100).flatMap { row -> [UInt8] in
        let start = ((row + 17) * sheet.size.width + left) * 3
        return Array(sheet.pixels[start..<start + 330])
      }
    }
    let expected = try Set((0..<2).map { try dataset.image(at: $0).pixels })
    #expect(Set(places) == expected)
  }

  @Test func variantsStandSideBySide() throws {
    let preprocessing = try Preprocessing.train(inputSize: ImageSize(40))
    let sheet = try ContactSheet(SyntheticDataset(), preprocessing: preprocessing, count: 3, variants: 4).drawing()
    // Twice as large, so that the text can be read.
    #expect(sheet.size == ImageSize(3 * (80 + 17) + 17, 4 * 84 + 4))
  }

  /// Two images of one gray each: what is shown is between them by mixup, and either of them by CutMix.
  @Test(arguments: [BatchMixing(mixupAlpha: 5, cutmixAlpha: 0), BatchMixing(mixupAlpha: 0, cutmixAlpha: 5)])
  func mixedImagesAreShown(mixing: BatchMixing) throws {
    let grays: [UInt8] = [40, 200]
    let dataset = PlainDataset(grays: grays, size: ImageSize(100))
    let preprocessing = try Preprocessing.squash(inputSize: ImageSize(100))
    let sheet = try ContactSheet(dataset, preprocessing: preprocessing, count: 2, mixing: mixing, seed: 3).drawing()
    var shown: [Set<UInt8>] = []
    for left in [4, 108] {
      shown.append(
        Set((17..<117).flatMap { row in (left..<left + 100).map { sheet.pixels[(row * sheet.size.width + $0) * 3] } }))
    }
    if mixing.mixupAlpha > 0 {
      #expect(shown.allSatisfy { $0.count == 1 && $0.allSatisfy { (41...199).contains($0) } }, "\(shown)")
    } else {
      #expect(shown.allSatisfy { $0 == Set(grays) }, "\(shown)")
    }
    let plain = try ContactSheet(dataset, preprocessing: preprocessing, count: 2, seed: 3).drawing()
    #expect(plain.pixels != sheet.pixels)
  }

  @Test func damagedImagesAreRedAndNamed() throws {
    let dataset = SyntheticDataset(count: 1, corrupt: [0])
    let sheet = try ContactSheet(dataset, preprocessing: .squash(inputSize: ImageSize(100))).drawing()
    let start = (20 * sheet.size.width + 20) * 3
    #expect(Array(sheet.pixels[start..<start + 3]) == [200, 30, 30])
  }

  @Test(arguments: [(0, 1), (1, 0), (1001, 1), (500, 3), (Int.max, 2)])
  func sheetsAreBounded(count: Int, variants: Int) {
    #expect(throws: DatasetsError.self) {
      try ContactSheet(
        SyntheticDataset(), preprocessing: .squash(inputSize: ImageSize(4)), count: count, variants: variants)
    }
  }
}
