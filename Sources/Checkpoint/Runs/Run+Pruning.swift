#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension Run {
  /// A file that a run can do without.
  public struct Superfluous: Sendable, Hashable {
    /// The file.
    public let path: String
    /// Its name in the run's folder.
    public var name: String { FilePath.name(of: path) }
    /// The bytes that the disk gets back; none for a file that is there under another name too.
    public let byteCount: Int
  }

  /// The checkpoints of epochs but the newest, and what interrupted writers left. `last`, `best` and `average` always
  /// stay.
  /// - Parameter epochs: How many of the newest epochs' checkpoints stay.
  public func superfluous(keepingEpochs epochs: Int) throws -> [Superfluous] {
    let numbers = try labels().filter { label in
      if case .epoch = label { true } else { false }
    }
    let old = numbers.dropLast(epochs).map(path)
    return (old + Publication.abandoned(in: Folder(path: folder))).compactMap { path in
      guard let status = FileStatus.at(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
      return Superfluous(path: path, byteCount: status.st_nlink > 1 ? 0 : Int(status.st_size))
    }
  }

  /// Removes checkpoints of this run; for the process that trains in it. Those that are not there are no error.
  package func remove(_ labels: [CheckpointLabel]) throws {
    let paths = labels.compactMap(existing)
    guard !paths.isEmpty else { return }
    for path in paths { try SystemCall.check(path, "remove") { unlink(path) } }
    try Folder(path: folder).synchronize()
  }

  /// Removes files of this run, while nobody trains in it.
  /// - Throws: ``CheckpointError/Code/busy`` while a process trains in it.
  public func remove(_ files: [Superfluous]) throws {
    try withExtendedLifetime(lock()) {
      for file in files { try SystemCall.check(file.path, "remove") { unlink(file.path) } }
      try Folder(path: folder).synchronize()
    }
  }
}
