public import Datasets

/// Labelled images as a user names them: a built-in dataset, or a folder.
///
/// - `fashion-mnist`: the system package's.
/// - A folder with the IDX files of the MNIST family.
/// - A folder with a folder `train` and one of `val`, `validation`, `valid` or `test`, each with one folder of images for
///   each class, as ImageNet is laid out.
/// - A folder with one folder of images for each class.
public struct DataSource: Sendable {
  /// Which part of the data is meant.
  public enum Part: Sendable {
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
    case parts(training: String, validation: String)
    case classes
  }

  /// What the user typed.
  public let name: String
  private let layout: Layout

  /// Looks at what is there; no image is read.
  /// - Throws: `DatasetsError` when there is nothing of that name.
  public init(_ name: String) throws(DatasetsError) {
    self.name = name
    if name == Self.fashionMNIST {
      layout = .fashionMNIST
      return
    }
    guard FileSystem.isFolder(name) else {
      throw DatasetsError(
        .notFound, at: name,
        FileSystem.exists(name)
          ? "this is a file; expected a folder with one folder of images for each class, or '\(Self.fashionMNIST)'"
          : "there is no such folder; expected one with a folder of images for each class, or '\(Self.fashionMNIST)'")
    }
    let entries = try FileSystem.names(in: name)
    let validation = ["val", "validation", "valid", "test"].first { entries.contains($0) }
    if entries.contains(where: { $0.hasPrefix("train-images-idx3-ubyte") }) {
      layout = .idx
    } else if entries.contains("train"), let validation {
      layout = .parts(training: "\(name)/train", validation: "\(name)/\(validation)")
    } else {
      layout = .classes
    }
  }

  /// Whether the data itself says which images are for validation.
  public var hasValidation: Bool {
    if case .classes = layout { false } else { true }
  }

  /// Opens a part; a plain folder of classes is both.
  /// - Throws: `DatasetsError` when it is damaged, empty, or has a class without images.
  public func open(_ part: Part) throws(DatasetsError) -> any Dataset {
    switch layout {
    case .fashionMNIST: try FashionMNIST.dataset(part == .training ? .train : .test)
    case .idx: try IDXDataset(folder: name, split: part == .training ? .train : .test)
    case .parts(let training, let validation): try ImageFolder(part == .training ? training : validation)
    case .classes: try ImageFolder(name)
    }
  }

  /// What a part is called in messages.
  public func describe(_ part: Part) -> String {
    switch layout {
    case .fashionMNIST, .idx: part == .training ? name : "\(name) (test images)"
    case .parts(let training, let validation): part == .training ? training : validation
    case .classes: name
    }
  }
}
