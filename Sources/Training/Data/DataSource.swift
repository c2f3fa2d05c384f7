public import Datasets

/// Labelled images as a user names them: a built-in dataset, or a folder.
///
/// - `fashion-mnist`: the system package's.
/// - A folder with the IDX files of the MNIST family.
/// - A folder with parts, as ImageNet is laid out (``FolderParts``): `train` and, if there is one, `val` or `test`, each with
///   one folder of images for each class.
/// - A folder with one folder of images for each class.
/// - Tar archives of samples, as WebDataset has them: one `.tar`, a pattern such as `train-{000..009}.tar`, or a folder of
///   archives.
/// - A list of images with their labels: a `.json`, `.csv` or `.tsv` file (`ImageManifest`).
public struct DataSource: Sendable {
  /// Which part of the data is meant.
  public enum Part: String, Sendable, CaseIterable {
    /// What a network learns from.
    case training
    /// What it is measured by.
    case validation
  }

  /// The name of the built-in dataset.
  public static let fashionMNIST = "fashion-mnist"

  private enum Layout {
    case fashionMNIST
    case idx
    case parts(training: String, validation: String?)
    case classes
    case manifest
    case shards([String])
  }

  /// What the user typed.
  public let name: String
  private let reading: DataSettings
  private let layout: Layout

  /// Looks at what is there; no image is read.
  /// - Parameter reading: How folders and lists are read.
  /// - Throws: `DatasetsError` when there is nothing of that name.
  public init(_ name: String, _ reading: DataSettings = DataSettings()) throws(DatasetsError) {
    self.name = name
    self.reading = reading
    if name == Self.fashionMNIST {
      layout = .fashionMNIST
      return
    }
    if let shards = try WebDataset.shards(named: name) {
      layout = .shards(shards)
      return
    }
    guard FileSystem.isFolder(name) else {
      if FileSystem.exists(name) && ImageManifest.isManifest(name) {
        layout = .manifest
        return
      }
      throw DatasetsError(
        .notFound, at: name,
        (FileSystem.exists(name)
          ? "this is a file, but no list of images (.json, .csv, .tsv)" : "there is no such folder")
          + "; expected a folder with one folder of images for each class, a list of images, tar archives, or '\(Self.fashionMNIST)'"
      )
    }
    let listing = try DirectoryListing(name)
    if listing.files.contains(where: { $0.hasPrefix("train-images-idx3-ubyte") }) {
      layout = .idx
    } else if let parts = try FolderParts(of: listing, at: name) {
      layout = .parts(training: parts.training, validation: parts.validation)
    } else {
      layout = .classes
    }
  }

  /// Whether the data itself says which images are for validation.
  public var hasValidation: Bool {
    switch layout {
    case .classes, .manifest, .shards: false
    case .fashionMNIST, .idx: true
    case .parts(_, let validation): validation != nil
    }
  }

  /// Opens a part; a plain folder of classes, or a list, is both.
  /// - Parameter allowsEmptyClasses: Whether class folders without images are taken as they are, to be reported.
  /// - Throws: `DatasetsError` when it is damaged, empty, or has a class without images.
  public func open(_ part: Part, allowsEmptyClasses: Bool = false) throws(DatasetsError) -> any Dataset {
    let dataset = try openAsItIs(part, allowsEmptyClasses)
    return try reading.classNames.map { (names) throws(DatasetsError) in
      try dataset.named(by: ClassIndices(names: names))
    }
      ?? dataset
  }

  private func openAsItIs(_ part: Part, _ allowsEmptyClasses: Bool) throws(DatasetsError) -> any Dataset {
    switch layout {
    case .fashionMNIST: try FashionMNIST.dataset(part == .training ? .train : .test)
    case .idx: try IDXDataset(folder: name, split: part == .training ? .train : .test)
    case .parts(let training, let validation):
      try folder(part == .training ? training : validation ?? training, allowsEmptyClasses)
    case .classes: try folder(name, allowsEmptyClasses)
    case .manifest: try ImageManifest(name, root: reading.root, order: reading.classOrder)
    case .shards(let shards): try archives(shards)
    }
  }

  /// A folder of classes, or of archives.
  private func folder(_ path: String, _ allowsEmptyClasses: Bool) throws(DatasetsError) -> any Dataset {
    if let shards = try WebDataset.shards(named: path) { return try archives(shards) }
    return try ImageFolder(path, order: reading.classOrder, allowsEmptyClasses: allowsEmptyClasses)
  }

  private func archives(_ shards: [String]) throws(DatasetsError) -> any Dataset {
    try WebDataset(shards, order: reading.classOrder, shuffleBuffer: reading.shuffleBuffer)
  }

  /// What a part is called in messages.
  public func describe(_ part: Part) -> String {
    switch layout {
    case .fashionMNIST, .idx: part == .training ? name : "\(name) (test images)"
    case .parts(let training, let validation): part == .training ? training : validation ?? training
    case .classes, .manifest, .shards: name
    }
  }
}
