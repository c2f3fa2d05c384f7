#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a folder holds, links followed, names in the order of their code points (which is the order of UTF-8 bytes).
package struct DirectoryListing {
  /// The names of folders.
  package private(set) var folders: [String] = []
  /// The names of everything else.
  package private(set) var files: [String] = []

  /// Lists a folder; `.` and `..` are left out.
  /// - Throws: ``DatasetsError`` when it is not there, is no folder, cannot be read to its end, or holds a name that is not
  ///   UTF-8.
  package init(_ path: String) throws(DatasetsError) { try self.init(path, next: { readdir($0) }) }

  /// The same with what takes the place of `readdir`, which returns nothing at the end and when it fails.
  init(
    _ path: String, next: (OpaquePointer) -> UnsafeMutablePointer<dirent>?
  ) throws(DatasetsError) {
    guard let stream = opendir(path) else {
      if errno == ENOTDIR { throw DatasetsError(.notFound, at: path, "is a file, not a folder") }
      throw FileBytes.failure(path: path)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = next(stream) else {
        guard errno == 0 else { throw FileBytes.failure(path: path) }
        break
      }
      let isFolderEntry = entry.pointee.d_type == UInt8(DT_DIR)
      let isFileEntry = entry.pointee.d_type == UInt8(DT_REG)
      let length = strlen(Self.name(entry))
      let bytes = UnsafeRawBufferPointer(start: Self.name(entry), count: length)
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw DatasetsError(
          .unsupported, at: path,
          "holds the name '\(String(decoding: bytes, as: UTF8.self))', which is not UTF-8: rename it")
      }
      if name == "." || name == ".." { continue }
      if isFolderEntry || (!isFileEntry && Self.isFolder("\(path)/\(name)")) {
        folders.append(name)
      } else {
        files.append(name)
      }
    }
    folders.sort(by: precedesByCodePoint)
    files.sort(by: precedesByCodePoint)
  }

  /// The files that count as images: an image's ending, and none of the `._` files that macOS leaves on other disks.
  package var imageFiles: [String] {
    files.filter { ImageFormat.hasImageExtension($0) && !$0.hasPrefix("._") }
  }

  /// Whether a path is a folder or a link to one.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// What makes two paths the same folder.
  struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ path: String) throws(DatasetsError) {
      var status = stat()
      guard stat(path, &status) == 0 else { throw FileBytes.failure(path: path) }
      device = UInt64(truncatingIfNeeded: status.st_dev)
      inode = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  private static func name(_ entry: UnsafeMutablePointer<dirent>) -> UnsafePointer<CChar> {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    return UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
  }
}

/// Python's order of strings: by code point. Swift's own `<` compares normalised text.
func precedesByCodePoint(_ first: String, _ second: String) -> Bool {
  first.utf8.lexicographicallyPrecedes(second.utf8)
}
