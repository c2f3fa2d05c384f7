/// MNIST, Fashion-MNIST and their relatives: gray images and labels in IDX files, packed by gzip or not.
///
/// Opening reads the labels and starts to unpack the images in the background (0.2 s for 60,000 images), so that other
/// preparation goes on meanwhile; the first read waits for the rest and for its checksum.
public struct IDXDataset: Dataset {
  /// The two parts that these datasets come in.
  public enum Split: String, Sendable, CaseIterable {
    /// Files that start with `train-`.
    case train
    /// Files that start with `t10k-`.
    case test

    var prefix: String { self == .train ? "train" : "t10k" }
  }

  /// The name of each label.
  public let classNames: [String]
  /// The number of images.
  public let count: Int
  /// The size of every image: [28, 28] for the MNIST family.
  public let size: ImageSize
  private let labels: [UInt8]
  private let images: BackgroundValue<IDXFile.Content>
  private let imagesPath: String

  /// Opens one part of a dataset.
  /// - Parameters:
  ///   - folder: Holds `train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz` and the same for `t10k`, with or
  ///     without `.gz`.
  ///   - classNames: The names of the labels; without them Fashion-MNIST's for a folder of that name, else `0`, `1`, ….
  /// - Throws: ``DatasetsError``: a file is missing or malformed, or images and labels do not fit each other.
  public init(folder: String, split: Split, classNames: [String]? = nil) throws(DatasetsError) {
    let imagesFile = try IDXFile(Self.find("images-idx3", split: split, in: folder), rank: 3)
    let labelsFile = try IDXFile(Self.find("labels-idx1", split: split, in: folder), rank: 1)
    guard imagesFile.dimensions[0] == labelsFile.dimensions[0] else {
      throw DatasetsError(
        .corrupt, at: folder,
        "\(split.rawValue): \(imagesFile.dimensions[0]) images but \(labelsFile.dimensions[0]) labels: "
          + "the files are not of one dataset")
    }
    size = try ImageDecoder.check(
      width: imagesFile.dimensions[2], height: imagesFile.dimensions[1], named: imagesFile.path)
    let content = try labelsFile.unpack()
    labels = Array(content.bytes[content.offset...])
    count = labels.count
    let names = classNames ?? Self.defaultClassNames(folder: folder, labels: labels)
    if let label = labels.max(), Int(label) >= names.count {
      throw DatasetsError(
        .classes, at: labelsFile.path, "holds the label \(label), but there are names for \(names.count) classes only")
    }
    self.classNames = names
    imagesPath = imagesFile.path
    images = BackgroundValue { () throws(DatasetsError) in try imagesFile.unpack() }
  }

  /// The size of every image.
  public var imageSize: ImageSize? { size }

  /// The label of an image.
  public func label(of index: Int) -> Int32 { Int32(labels[index]) }

  /// `train-images-idx3-ubyte.gz[17]`, with the folder before it.
  public func describe(_ index: Int) -> String { "\(imagesPath)[\(index)]" }

  /// The image's number.
  public func identifier(of index: Int) -> String { String(index) }

  /// Copies an image's pixels, once the file is unpacked.
  /// - Throws: ``DatasetsError`` when the file is damaged.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    let images = try images.value()
    let byteCount = size.height * size.width
    let first = images.offset + index * byteCount
    content.setPixels(size, channels: 1) { target in
      images.bytes.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[first..<first + byteCount]))
      }
    }
  }

  /// Waits until the images are unpacked, and verifies them.
  /// - Throws: ``DatasetsError`` when the file is damaged.
  public func prepare() throws(DatasetsError) { _ = try images.value() }

  private static func defaultClassNames(folder: String, labels: [UInt8]) -> [String] {
    let name = folder.split(separator: "/").last.map { $0.lowercased().filter(\.isLetter) }
    if name == "fashionmnist" { return FashionMNIST.classNames }
    return (0..<max(10, Int(labels.max() ?? 0) + 1)).map(String.init)
  }

  /// The file of a part, packed or not.
  private static func find(_ kind: String, split: Split, in folder: String) throws(DatasetsError) -> String {
    let files = try DirectoryListing(folder).files
    let name = "\(split.prefix)-\(kind)-ubyte"
    guard let file = [name, name + ".gz"].first(where: files.contains) else {
      throw DatasetsError(
        .notFound, at: folder,
        "holds no \(name) or \(name).gz; it holds \(files.isEmpty ? "no files" : summary(of: files))")
    }
    return "\(folder)/\(file)"
  }
}
