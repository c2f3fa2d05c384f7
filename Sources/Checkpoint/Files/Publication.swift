import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears under its name all at once and whole, or not at all.
///
/// It is written under another name in the same folder, brought to the disk, and renamed; a crash or a full disk at any
/// moment leaves the file that was there before. Names left by a crash are removed by the next publication of the same
/// file: a temporary file is locked while its writer lives, and the kernel drops the lock when the process dies.
///
/// A symbolic link is followed: the file that it names is replaced.
final class Publication {
  /// The name under which it will appear.
  let target: String
  /// The name under which it is written.
  let temporary: String
  /// The file while it is written.
  let file: OpenFile
  private var isPublished = false

  /// Begins a file, and removes what crashed writers of the same file left.
  init(of path: String) throws {
    target = try Self.resolved(path)
    let folder = Folder(path: FilePath.folder(of: target))
    let prefix = "." + FilePath.name(of: target) + "."
    Self.removeAbandoned(prefix: prefix, in: folder)
    while true {
      let unique = String(UInt32.random(in: .min ... .max), radix: 36)
      let temporary = folder.appending(prefix + unique + Self.suffix)
      let file = try Self.create(temporary, for: path)
      _ = flock(file.descriptor, LOCK_EX | LOCK_NB)
      // Between its making and the lock another writer may have taken the file for abandoned.
      if try file.status().st_nlink > 0 {
        self.temporary = temporary
        self.file = file
        return
      }
    }
  }

  deinit {
    if !isPublished { unlink(temporary) }
  }

  /// Waits until everything written is on the disk.
  func synchronize() throws { try file.synchronize() }

  /// Gives the file its name. ``synchronize()`` comes before.
  /// - Parameter probe: Called between the two steps, for tests.
  func publish(probe: () throws -> Void = {}) throws {
    try Self.replace(target, by: temporary)
    isPublished = true
    try probe()
    try Folder(path: FilePath.folder(of: target)).synchronize()
  }

  /// Gives the file another name on the same disk than the one that it was begun for. ``synchronize()`` comes before.
  func publish(as path: String) throws {
    try Self.replace(path, by: temporary)
    isPublished = true
    try Folder(path: FilePath.folder(of: path)).synchronize()
  }

  /// An error in terms of the file that the user meant, with what has become of it.
  func explained(_ error: CheckpointError, path: String) -> CheckpointError {
    var message = error.message
    if error.code == .noSpace, let free = Folder(path: FilePath.folder(of: target)).freeBytes() {
      message += " (\(ByteCount.text(free)) are free)"
    }
    if FileStatus.exists(target) { message += "; the checkpoint that was there before is unchanged" }
    return CheckpointError(error.code, path: path, message)
  }

  /// Publishes a small file.
  static func write(_ text: String, to path: String) throws {
    let publication = try Publication(of: path)
    var text = text
    try text.withUTF8 { try publication.file.write(UnsafeRawBufferPointer($0), at: 0) }
    try publication.synchronize()
    try publication.publish()
  }

  /// Gives a file another name, in place of whatever has that name.
  /// - Returns: Whether the file system could; `false` when it has no such links.
  static func link(_ path: String, as other: String) throws -> Bool {
    let folder = Folder(path: FilePath.folder(of: other))
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let temporary = folder.appending("." + FilePath.name(of: other) + "." + unique + suffix)
    let status = linkat(AT_FDCWD, path, AT_FDCWD, temporary, 0)
    if status != 0, [EPERM, EOPNOTSUPP, ENOSYS, EXDEV, EMLINK].contains(errno) { return false }
    if status != 0 { throw SystemCall.error(errno, path: other, doing: "link to \(path.terminalEscaped)") }
    // Renaming one name of a file to another name of it does nothing, and leaves both.
    defer { unlink(temporary) }
    try replace(other, by: temporary)
    try folder.synchronize()
    return true
  }

  /// Gives a file the name of another.
  private static func replace(_ target: String, by temporary: String) throws {
    // Giving back the room of the file that is replaced takes the disk a while. It need not hold up the new one: as long
    // as somebody has the old file open, that waits.
    let replaced = try? OpenFile(target, .read)
    defer { if let replaced { DispatchQueue.global().async { withExtendedLifetime(replaced) {} } } }
    try SystemCall.check(target, "rename \(temporary.terminalEscaped)") { rename(temporary, target) }
  }

  private static let suffix = ".tmp"

  private static func create(_ temporary: String, for path: String) throws -> OpenFile {
    do {
      return try OpenFile(temporary, .create)
    } catch let error as CheckpointError where error.code == .notFound {
      throw CheckpointError(
        .notFound, path: path, "cannot write: there is no folder '\(FilePath.folder(of: path).terminalEscaped)'")
    }
  }

  private static func resolved(_ path: String) throws -> String {
    guard let status = FileStatus.at(path) else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.invalid, path: path, "cannot write: something that is no ordinary file has this name")
    }
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    // The path as given reads better in errors, and is the same unless the name itself is a link.
    var link = stat()
    guard lstat(path, &link) == 0, link.st_mode & S_IFMT == S_IFLNK else { return path }
    return String(cString: real)
  }

  private static func removeAbandoned(prefix: String, in folder: Folder) {
    for path in abandoned(prefix: prefix, in: folder) { unlink(path) }
  }

  /// Files that crashed writers left in a folder.
  static func abandoned(prefix: String = ".", in folder: Folder) -> [String] {
    ((try? folder.names()) ?? []).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.map(folder.appending).filter {
      guard let file = try? OpenFile($0, .read) else { return false }
      return flock(file.descriptor, LOCK_EX | LOCK_NB) == 0
    }
  }
}
