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
    /// Its name in the run's folder, or from there on.
    public let name: String
    /// The bytes that the disk gets back; none for a file that is there under another name too.
    public let byteCount: Int
  }

  /// The checkpoints of epochs but the newest, those of an abandoned course, and what interrupted writers left. `last`,
  /// `best` and `average` always stay.
  /// - Parameters:
  ///   - epochs: How many of the newest epochs' checkpoints stay.
  ///   - spared: Epochs whose checkpoints stay besides.
  public func superfluous(keepingEpochs epochs: Int, sparing spared: Set<Int> = []) throws -> [Superfluous] {
    let numbers = try labels().filter { label in
      if case .epoch = label { true } else { false }
    }
    let old = numbers.dropLast(epochs).filter { label in
      if case .epoch(let epoch) = label { !spared.contains(epoch) } else { false }
    }
    let aside = Folder(path: supersededFolder)
    let superseded =
      FileStatus.isFolder(aside.path)
      ? try aside.names().filter { CheckpointLabel(fileName: $0) != nil }.map(aside.appending) : []
    return (old.map(path) + superseded + Publication.abandoned(in: Folder(path: folder))).compactMap { path in
      guard let status = FileStatus.at(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
      let name = path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : FilePath.name(of: path)
      return Superfluous(path: path, name: name, byteCount: status.st_nlink > 1 ? 0 : Int(status.st_size))
    }
  }

  /// Removes checkpoints of this run; for the process that trains in it. Those that are not there are no error.
  /// - Parameter probe: Called when a file is gone, for tests.
  package func remove(_ labels: [CheckpointLabel], probe: () throws -> Void = {}) throws {
    let paths = labels.compactMap(existing)
    guard !paths.isEmpty else { return }
    for path in paths {
      try SystemCall.check(path, "remove") { unlink(path) }
      try probe()
    }
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
