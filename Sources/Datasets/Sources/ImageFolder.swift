/// A folder with one folder of images per class: torchvision's `ImageFolder`.
///
/// Classes are the folders in the order of their code points (1, 10, 100, 2), or in natural order (1, 2, 10, 100), which is
/// timm's; a class's images are those of its folder and of all folders below, sorted. Links are followed. Other files, and
/// macOS's `._*`, are passed over.
public struct ImageFolder: Dataset {
  /// The folder.
  public let path: String
  /// The class folders' names, in the order of their labels.
  public let classNames: [String]
  /// Class folders without images; none unless they were allowed.
  public let emptyClasses: [String]

  private struct Sample {
    let folder: Int32
    let label: Int32
    let name: String
  }
  private let folders: [String]
  private let samples: [Sample]

  /// The number of images.
  public var count: Int { samples.count }

  /// Lists the folder; no image is opened.
  /// - Parameters:
  ///   - path: The folder.
  ///   - order: How classes are numbered. In natural order the images are sorted so too, all by their paths.
  ///   - allowsEmptyClasses: Whether class folders without images are taken as they are, for who looks what is wrong with a
  ///     folder; nothing can be learnt of such a class.
  /// - Throws: ``DatasetsError``: the folder is missing, holds no class folders, no images, or classes without images (all
  ///   named).
  public init(
    _ path: String, order: ClassOrder = .codePoint, allowsEmptyClasses: Bool = false
  ) throws(DatasetsError) {
    self.path = path
    let listing = try DirectoryListing(path)
    classNames = order.sorted(listing.folders)
    try ClassNames.check(classNames, at: path)
    guard !classNames.isEmpty else { throw Self.noClasses(path, images: listing.imageFiles.count) }

    var folders: [String] = []
    var samples: [Sample] = []
    var emptyClasses: [String] = []
    for (label, className) in classNames.enumerated() {
      let first = samples.count
      for folder in try FolderWalk.images(below: "\(path)/\(className)") {
        for file in folder.files {
          samples.append(Sample(folder: Int32(folders.count), label: Int32(label), name: file))
        }
        folders.append(folder.path)
      }
      if samples.count == first { emptyClasses.append(className) }
    }
    guard emptyClasses.isEmpty || allowsEmptyClasses && !samples.isEmpty else {
      throw Self.empty(path, emptyClasses, of: classNames.count)
    }
    self.emptyClasses = emptyClasses
    self.folders = folders
    self.samples =
      order == .natural ? order.sorted(samples) { "\(folders[Int($0.folder)])/\($0.name)" } : samples
  }

  /// The class of the folder that holds the image.
  public func label(of index: Int) -> Int32 { samples[index].label }

  /// The path of an image.
  public func describe(_ index: Int) -> String { "\(folders[Int(samples[index].folder)])/\(samples[index].name)" }

  /// The path of an image below the folder.
  public func identifier(of index: Int) -> String {
    String(describe(index).utf8.dropFirst(path.utf8.count).drop { $0 == UInt8(ascii: "/") }) ?? describe(index)
  }

  /// Reads an image's file.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try FileBytes.read(describe(index), into: &content)
  }

  private static func noClasses(_ path: String, images: Int) -> DatasetsError {
    let found = images > 0 ? "holds \(images) images but no folders" : "holds no folders"
    return DatasetsError(
      .empty, at: path, "\(found); expected one folder of images per class, as in \(printable(path))/cat/1.jpg")
  }

  private static func empty(_ path: String, _ classes: [String], of count: Int) -> DatasetsError {
    let noun =
      classes.count == 1 ? "1 of \(count) class folders has" : "\(classes.count) of \(count) class folders have"
    return DatasetsError(
      .empty, at: path,
      "\(noun) no images: \(summary(of: classes)); expected files that end in "
        + "\(ImageFormat.extensions.joined(separator: ", ")): add images or remove the folder")
  }
}

/// The folders below one, with their images, in torchvision's order: by path, then by file.
enum FolderWalk {
  /// A folder and its images.
  struct Folder {
    let path: String
    let files: [String]
  }

  /// Walks a folder. A link that leads back to a folder above itself is not entered again.
  static func images(below root: String) throws(DatasetsError) -> [Folder] {
    var found: [Folder] = []
    var pending: [(path: String, above: Set<DirectoryListing.Identity>)] = [(root, [])]
    while let (path, above) = pending.popLast() {
      let listing = try DirectoryListing(path)
      let images = listing.imageFiles
      if !images.isEmpty { found.append(Folder(path: path, files: images)) }
      guard !listing.folders.isEmpty else { continue }
      let identities = above.union([try DirectoryListing.Identity(path)])
      for name in listing.folders {
        let below = "\(path)/\(name)"
        if try !identities.contains(DirectoryListing.Identity(below)) { pending.append((below, identities)) }
      }
    }
    return found.sorted { precedesByCodePoint($0.path, $1.path) }
  }
}
