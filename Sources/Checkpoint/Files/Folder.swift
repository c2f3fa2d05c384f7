#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder and what lies in it.
struct Folder {
  let path: String

  /// The path of something in this folder.
  func appending(_ name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

  /// The names in it, without `.` and `..`, sorted.
  func names() throws -> [String] {
    guard let stream = opendir(path) else { throw SystemCall.error(errno, path: path, doing: "list the folder") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file in it, if it can be.
  func remove(_ name: String) { unlink(appending(name)) }

  /// Makes the folder, and those above it, where they are missing.
  func create() throws {
    guard !FileStatus.isFolder(path) else { return }
    let above = FilePath.folder(of: path)
    if above != path { try Folder(path: above).create() }
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw SystemCall.error(errno, path: path, doing: "make the folder")
  }

  /// Makes the folder, which must not be there.
  /// - Returns: Whether it was made; `false` when something of that name is there already.
  func createNew() throws -> Bool {
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    throw SystemCall.error(errno, path: path, doing: "make the folder")
  }

  /// The bytes that may still be written to the disk of this folder; `nil` when it cannot be told.
  func freeBytes() -> Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }

  /// Waits until names made, changed and removed in the folder are on the disk.
  func synchronize() throws {
    let descriptor = try SystemCall.check(path, "open the folder") { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    defer { close(descriptor) }
    // Some network file systems have no such call for folders, and need none.
    if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP {
      throw SystemCall.error(errno, path: path, doing: "write the folder to the disk")
    }
  }
}

/// Paths as text.
enum FilePath {
  /// `models/a` for `models/a/last.h5`, `.` for `last.h5`, `/` for `/last.h5`.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// `last.h5` for `models/a/last.h5`.
  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}

/// What the operating system knows of something by its path.
enum FileStatus {
  /// What lies at a path, links followed; `nil` when nothing does or it cannot be told.
  static func at(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// Whether a folder lies there.
  static func isFolder(_ path: String) -> Bool { at(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Whether anything lies there, a dangling link included.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) { unlink(path) }
}
