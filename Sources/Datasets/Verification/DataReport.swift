/// What is found when every image of a dataset is decoded, and what two parts of a dataset have in common.
public struct DataReport: Sendable {
  /// An image and its class.
  public struct Sample: Sendable, Hashable {
    /// Its path, or its place in a file.
    public let name: String
    /// Its class; −1 without one.
    public let label: Int32
  }

  /// What is found in one part: the training images, or those for validation.
  public struct Part: Sendable {
    /// Its classes.
    public let classNames: [String]
    /// The images of each class, those that cannot be decoded too.
    public let classCounts: [Int]
    /// Images in all.
    public let count: Int
    /// Images that cannot be read or decoded: why.
    public internal(set) var corrupt: [DatasetsError] = []
    /// JPEGs of inks (CMYK and YCCK).
    public internal(set) var inks: [Sample] = []
    /// PNGs of 16 bits a channel.
    public internal(set) var deep: [Sample] = []
    /// Images that EXIF says are to be turned.
    public internal(set) var turned: [Sample] = []
    /// Groups of images with the same pixels.
    public internal(set) var duplicates: [[Sample]] = []
    /// How many images there are of each format.
    public internal(set) var formats: [String: Int] = [:]
    /// The smallest and the largest image, by pixels; `nil` without any.
    public internal(set) var sizes: (smallest: ImageSize, largest: ImageSize)?

    /// Folders of classes without images, which a training refuses.
    public let emptyFolders: [String]

    /// Classes without images.
    public var emptyClasses: [String] { zip(classNames, classCounts).filter { $0.1 == 0 }.map(\.0) }

    /// Groups of images with the same pixels and different classes: at least one of them is wrong.
    public var contradictions: [[Sample]] { duplicates.filter(Self.isContradiction) }

    /// Groups of images with the same pixels and the same class.
    public var repetitions: [[Sample]] { duplicates.filter { !Self.isContradiction($0) } }

    private static func isContradiction(_ group: [Sample]) -> Bool { group.contains { $0.label != group[0].label } }

    init(_ dataset: any Dataset) {
      emptyFolders = Self.emptyFolders(of: dataset)
      classNames = dataset.classNames
      classCounts = dataset.classCounts
      count = dataset.count
    }

    private static func emptyFolders(of dataset: any Dataset) -> [String] {
      switch dataset {
      case let folder as ImageFolder: folder.emptyClasses
      case let relabeled as RelabeledDataset: emptyFolders(of: relabeled.base)
      default: []
      }
    }
  }

  /// The training images, or all.
  public internal(set) var training: Part
  /// Those for validation, if there are any.
  public internal(set) var validation: Part?
  /// Images for validation whose pixels are those of a training image, with the first such.
  public internal(set) var leaks: [(validation: Sample, training: Sample)] = []

  /// Classes of the validation that training lacks: their images have no label.
  public var unknownClasses: [String] {
    let known = Set(training.classNames)
    return validation.map { part in part.classNames.filter { !known.contains($0) } } ?? []
  }

  /// Classes of training that validation lacks: nothing measures them.
  public var missingClasses: [String] {
    guard let validation else { return [] }
    let measured = Set(validation.classNames)
    return training.classNames.filter { !measured.contains($0) }
  }

  /// Whether something is found with which a training fails, or its measure is wrong: images that cannot be decoded, folders
  /// of classes without images, images of training among those for validation, classes that training does not know.
  public var hasErrors: Bool {
    [training, validation].contains { part in part.map { !$0.corrupt.isEmpty || !$0.emptyFolders.isEmpty } ?? false }
      || !leaks.isEmpty || !unknownClasses.isEmpty
  }

  /// Whether something is found that is worth a look: duplicates, inks, 16 bits, turned images, classes without images.
  public var hasRemarks: Bool {
    !missingClasses.isEmpty
      || [training, validation].contains { part in
        guard let part else { return false }
        return
          !(part.duplicates.isEmpty && part.inks.isEmpty && part.deep.isEmpty && part.turned.isEmpty
          && part.emptyClasses.isEmpty)
      }
  }
}
