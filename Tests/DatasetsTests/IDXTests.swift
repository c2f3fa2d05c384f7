import Foundation
import Tensors
import Testing

@testable import Datasets

/// Writes small datasets of the MNIST family.
private struct IDXFolder {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws { folder = try TemporaryFolder() }

  static func header(_ dimensions: [Int]) -> [UInt8] {
    [0, 0, 8, UInt8(dimensions.count)]
      + dimensions.flatMap(bigEndian)
  }

  static func pixel(_ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 7 &+ offset >> 5) }

  /// `count` images of 5 × 4 and their labels 0, 1, 2, 0, ….
  func write(count: Int = 12, split: String = "train", packed: Bool = true) throws {
    let images = Self.header([count, 5, 4]) + (0..<count * 20).map(Self.pixel)
    let labels = Self.header([count]) + (0..<count).map { UInt8($0 % 3) }
    try write(images, to: "\(split)-images-idx3-ubyte", packed: packed)
    try write(labels, to: "\(split)-labels-idx1-ubyte", packed: packed)
  }

  func write(_ bytes: [UInt8], to name: String, packed: Bool = true) throws {
    try folder.write(Data(packed ? gzip(bytes) : bytes), to: packed ? name + ".gz" : name)
  }
}

/// A file with something wrong in its header, and what is to be said of it.
private struct Malformed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let code: DatasetsError.Code
  let says: String

  init(_ name: String, _ bytes: [UInt8], _ code: DatasetsError.Code, _ says: String) {
    testDescription = name
    self.bytes = bytes
    self.code = code
    self.says = says
  }

  private static let good = IDXFolder.header([12, 5, 4])

  static let all = [
    Malformed("wrong magic", [1, 0, 8, 3] + good.dropFirst(4), .corrupt, "starts with [1, 0, 8, 3]"),
    Malformed("wrong element type", [0, 0, 13, 3] + good.dropFirst(4), .unsupported, "element type 13"),
    Malformed("wrong number of dimensions", IDXFolder.header([12, 20]), .unsupported, "in 2 dimensions"),
    Malformed("ends in the header", [0, 0, 8, 3, 0, 0], .corrupt, "6 of 16 bytes"),
    Malformed("empty", [], .corrupt, "is no IDX file"),
    Malformed("no images", IDXFolder.header([0, 5, 4]), .corrupt, "cannot be"),
    Malformed("more than can be", IDXFolder.header([0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF]), .corrupt, "cannot be"),
    Malformed("more than the file can hold", IDXFolder.header([12, 5000, 4000]), .corrupt, "too short to hold"),
    Malformed(
      "other count than labels", IDXFolder.header([11, 5, 4]) + [UInt8](repeating: 1, count: 220), .corrupt,
      "11 images but 12 labels"),
  ]
}

@Suite struct IDXTests {
  @Test(arguments: [true, false])
  func imagesAndLabelsAreRead(packed: Bool) throws {
    let idx = try IDXFolder()
    try idx.write(packed: packed)
    try idx.write(count: 3, split: "t10k", packed: packed)
    let dataset = try IDXDataset(folder: idx.path, split: .train, classNames: ["a", "b", "c"])
    #expect(dataset.count == 12)
    #expect(dataset.imageSize == ImageSize(5, 4))
    #expect((0..<12).map(dataset.label) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
    #expect(dataset.classCounts == [4, 4, 4])
    for index in [0, 5, 11] {
      let expected = (index * 20..<index * 20 + 20).map(IDXFolder.pixel)
      #expect(try dataset.image(at: index) == Image(size: ImageSize(5, 4), channels: 1, pixels: expected))
    }
    #expect(dataset.describe(5).hasSuffix(packed ? "train-images-idx3-ubyte.gz[5]" : "train-images-idx3-ubyte[5]"))
    #expect(try IDXDataset(folder: idx.path, split: .test).count == 3)
  }

  @Test func classNamesAreNumbersUnlessKnown() throws {
    let idx = try IDXFolder()
    try idx.write()
    #expect(try IDXDataset(folder: idx.path, split: .train).classNames == (0...9).map(String.init))
    let fashion = idx.path + "/Fashion_MNIST"
    try FileManager.default.createDirectory(atPath: fashion, withIntermediateDirectories: false)
    for name in ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"] {
      try FileManager.default.copyItem(atPath: "\(idx.path)/\(name)", toPath: "\(fashion)/\(name)")
    }
    #expect(try IDXDataset(folder: fashion, split: .train).classNames == FashionMNIST.classNames)
    expect(.classes, "holds the label 2") {
      _ = try IDXDataset(folder: idx.path, split: .train, classNames: ["a", "b"])
    }
  }

  @Test func aMissingFileIsNamed() throws {
    let idx = try IDXFolder()
    expect(.notFound, "train-images-idx3-ubyte") { _ = try IDXDataset(folder: idx.path, split: .train) }
    try idx.write()
    expect(.notFound, "t10k-images-idx3-ubyte") { _ = try IDXDataset(folder: idx.path, split: .test) }
    expect(.notFound, "nowhere") { _ = try IDXDataset(folder: idx.path + "/nowhere", split: .train) }
  }

  /// One malformed file per rule of the format; each is refused when it is opened.
  @Test(arguments: Malformed.all, [true, false])
  fileprivate func malformedHeadersAreRefused(file: Malformed, packed: Bool) throws {
    let idx = try IDXFolder()
    try idx.write(packed: packed)
    try idx.write(file.bytes, to: "train-images-idx3-ubyte", packed: packed)
    expect(file.code, file.says, file.testDescription) { _ = try IDXDataset(folder: idx.path, split: .train) }
  }

  /// What only shows when the elements are unpacked is an error of the first read, and never writes past the announced
  /// size.
  @Test(arguments: [-1, 1, 100_000])
  func wrongLengthsAreFound(surplus: Int) throws {
    let idx = try IDXFolder()
    try idx.write()
    let body = [UInt8](repeating: 3, count: 12 * 20 + surplus)
    try idx.write(IDXFolder.header([12, 5, 4]) + body, to: "train-images-idx3-ubyte")
    let dataset = try IDXDataset(folder: idx.path, split: .train)
    expect(.corrupt, "train-images-idx3-ubyte.gz") { try dataset.prepare() }
    expect(.corrupt, "train-images-idx3-ubyte.gz") { _ = try dataset.image(at: 0) }
  }

  @Test func damagedGzipIsFound() throws {
    let idx = try IDXFolder()
    try idx.write(count: 500)
    let name = "train-images-idx3-ubyte.gz"
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(idx.path)/\(name)"))
    // The last eight bytes are checksum and length.
    for position in [whole.count - 6, whole.count - 3, whole.count / 2] {
      var damaged = whole
      damaged[position] ^= 0x40
      try idx.folder.write(damaged, to: name)
      expect(.corrupt, name, "byte \(position)") { try IDXDataset(folder: idx.path, split: .train).prepare() }
    }
    for length in [whole.count - 1, whole.count - 9, whole.count / 2] {
      try idx.folder.write(whole.prefix(length), to: name)
      expect(.corrupt, name, "cut to \(length)") { try IDXDataset(folder: idx.path, split: .train).prepare() }
    }
  }

  /// The packaged data, where it is installed: counts, and one known image of each part.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: FashionMNIST.systemFolder), "Fashion-MNIST is not installed"))
  func theSystemPackageIsRead() throws {
    let train = try FashionMNIST.dataset(.train)
    #expect(train.count == 60_000)
    #expect(train.classCounts == [Int](repeating: 6000, count: 10))
    #expect(train.classNames[Int(train.label(of: 0))] == "Ankle boot")
    let test = try FashionMNIST.dataset(.test)
    #expect(test.count == 10_000)
    #expect(test.classCounts == [Int](repeating: 1000, count: 10))
    // Sums of the pixels, by numpy from the same files.
    #expect(try train.image(at: 0).pixels.reduce(0) { $0 + Int($1) } == 76247)
    #expect(try test.image(at: 9999).pixels.reduce(0) { $0 + Int($1) } == 24390)
  }

  private func expect(
    _ code: DatasetsError.Code, _ text: String, _ what: String = "", _ body: () throws -> Void,
    at location: SourceLocation = #_sourceLocation
  ) {
    do {
      try body()
      Issue.record("\(what): no error", sourceLocation: location)
    } catch let error as DatasetsError {
      #expect(error.code == code, "\(what): \(error)", sourceLocation: location)
      #expect(error.description.contains(text), "\(what): \(error)", sourceLocation: location)
    } catch {
      Issue.record("\(what): \(error)", sourceLocation: location)
    }
  }
}
