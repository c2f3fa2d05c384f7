/// Images without labels, such as those to predict.
public struct ImageList: Dataset {
  /// The files, in the order given.
  public let paths: [String]

  /// Files in the order given; none is opened yet.
  public init(paths: [String]) { self.paths = paths }

  /// Files, and in place of each folder all images in it and below, sorted by path.
  /// - Throws: ``DatasetsError`` when a path is not there or a folder holds no image.
  public init(filesAndFolders paths: [String]) throws(DatasetsError) {
    var files: [String] = []
    for path in paths {
      guard DirectoryListing.isFolder(path) else {
        files.append(path)
        continue
      }
      let images = try FolderWalk.images(below: path).flatMap { folder in
        folder.files.map { folder.path.hasSuffix("/") ? folder.path + $0 : "\(folder.path)/\($0)" }
      }
      guard !images.isEmpty else {
        throw DatasetsError(
          .empty, at: path,
          "holds no images; expected files that end in \(ImageFormat.extensions.joined(separator: ", "))")
      }
      files += images
    }
    self.init(paths: files)
  }

  /// The number of images.
  public var count: Int { paths.count }

  /// Empty: the images have no labels.
  public var classNames: [String] { [] }

  /// −1.
  public func label(of index: Int) -> Int32 { -1 }

  /// The path of an image.
  public func describe(_ index: Int) -> String { paths[index] }

  /// Reads an image's file.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try FileBytes.read(paths[index], into: &content)
  }
}
