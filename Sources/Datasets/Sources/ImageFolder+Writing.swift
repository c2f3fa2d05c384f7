import Foundation

extension IDXDataset {
  /// Writes the images as PNG files, `FOLDER/CLASS/00017.png`, on all cores, which ``ImageFolder`` reads.
  ///
  /// Slashes in class names become hyphens. Classes are then sorted by name, and so numbered otherwise than here; the names
  /// in their order here go with ``ClassIndices``.
  /// - Parameters:
  ///   - folder: Made when it is not there.
  ///   - onProgress: Told how many images are written.
  /// - Throws: ``DatasetsError`` when the folder holds something already, or cannot be written.
  public func writeImageFolder(
    to folder: String, onProgress: (_ done: Int) -> Void = { _ in }
  ) throws(DatasetsError) {
    if DirectoryListing.isFolder(folder) {
      let listing = try DirectoryListing(folder)
      guard listing.files.isEmpty && listing.folders.isEmpty else {
        throw DatasetsError(.argument, at: folder, "is not empty: name a new folder, or remove what is there")
      }
    }
    let names = classNames.map(Self.folderName)
    for name in names {
      do {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      } catch {
        throw DatasetsError(
          .unreadable, at: "\(folder)/\(name)", "this folder cannot be made: check the disk and its permissions")
      }
    }
    let digits = String(count - 1).count
    let pieceLength = 1024
    var start = 0
    while start < count {
      let first = start
      _ = try concurrently(min(pieceLength, count - start)) { (place) throws(DatasetsError) in
        let index = first + place
        let number = String(index)
        let name = String(repeating: "0", count: digits - number.count) + number
        let path = "\(folder)/\(names[Int(label(of: index))])/\(name).png"
        try image(at: index).writePNG(to: path)
      }
      start += min(pieceLength, count - start)
      onProgress(start)
    }
  }

  /// What the folder of a class is called.
  public static func folderName(_ className: String) -> String {
    String(className.map { $0 == "/" ? "-" : $0 })
  }
}
