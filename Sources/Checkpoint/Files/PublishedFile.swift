/// Small files that others read while they are replaced: tables, plots, settings.
package enum PublishedFile {
  /// Writes a file in one step: whoever opens it finds the old one or the whole new one.
  /// - Throws: ``CheckpointError`` that names the file.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    let publication = try Publication(of: path)
    do {
      try bytes.withUnsafeBytes { try publication.file.write($0, at: 0) }
      try publication.synchronize()
      try publication.publish()
    } catch let error as CheckpointError {
      throw CheckpointError(error.code, path: path, error.message)
    }
  }

  /// The same with a text.
  package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Reads a small file.
  /// - Throws: ``CheckpointError``, of code `invalid` for a file that is longer than `limit`.
  package static func read(_ path: String, atMost limit: Int) throws -> [UInt8] {
    let file = try OpenFile(path, .read)
    try FileKind.checkOrdinary(file)
    let size = try file.size()
    guard size <= limit else { throw CheckpointError(.invalid, path: path, "the file has \(ByteCount.text(size))") }
    return try file.prefix(size)
  }

  /// Says before long work that a file could not be written after it.
  /// - Throws: ``CheckpointError`` when the folder is not there.
  package static func checkFolder(of path: String) throws {
    guard FileStatus.isFolder(FilePath.folder(of: path)) else {
      throw CheckpointError(
        .notFound, path: path, "cannot write: there is no folder '\(FilePath.folder(of: path).terminalEscaped)'")
    }
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws { try Folder(path: path).create() }
}
