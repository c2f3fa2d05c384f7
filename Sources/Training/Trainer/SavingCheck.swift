import Checkpoint

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether a run could be made and saved, asked without writing anything.
public struct SavingCheck: Sendable, Hashable {
  /// The folder that the run would have, as far as its name is known.
  public let folder: String
  /// Bytes of one checkpoint, without what its format adds.
  public let checkpointByteCount: Int
  /// Bytes that the disk has left; `nil` when it does not say.
  public let freeByteCount: Int?
  /// The most checkpoints that are there at once: those kept, and one that is being written.
  public let checkpointCount: Int

  /// Whether all checkpoints that would be kept have room; `true` when that cannot be told.
  public var hasRoomForAll: Bool {
    let (needed, isTooMuch) = checkpointByteCount.multipliedReportingOverflow(by: checkpointCount)
    return freeByteCount.map { !isTooMuch && needed <= $0 } ?? true
  }

  /// Asks.
  /// - Throws: What making the run would throw, or ``TrainingError`` when the folder cannot be written to or has no room for
  ///   a single checkpoint beside the one before it.
  init(_ settings: TrainingSettings, run name: String?, in store: RunStore, checkpointByteCount: Int) throws {
    if let name {
      do {
        _ = try store.run(name)
        throw TrainingError(
          .run, at: store.folder.terminalEscaped,
          "there is a run '\(name.terminalEscaped)' already; 'zoo resume \(name.terminalEscaped)' goes on with it, another "
            + "--run begins a new one")
      } catch let error as CheckpointError where error.code == .notFound {}
    }
    folder = name.map { "\(store.folder)/\($0)" } ?? store.folder
    let place = Self.nearestFolder(folder)
    var status = stat()
    guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw TrainingError(.run, at: place.terminalEscaped, "is no folder; give another '--store'")
    }
    guard access(place, W_OK | X_OK) == 0 else {
      throw TrainingError(
        .run, at: place.terminalEscaped,
        "cannot be written to (\(String(cString: strerror(errno)))); give another '--store', or change its permissions")
    }
    var disk = statvfs()
    freeByteCount =
      statvfs(place, &disk) == 0
      ? Int(clamping: UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue) : nil
    self.checkpointByteCount = checkpointByteCount
    // 'last', 'best', and the one that is being written.
    let numbered =
      settings.keepsEveryEpoch
      ? settings.epochs
      : settings.checkpoints.bestCount + (settings.checkpoints.everyEpochs.map { settings.epochs / max($0, 1) } ?? 0)
    checkpointCount = 3 + numbered
    if let free = freeByteCount, free / 2 < checkpointByteCount {
      throw TrainingError(
        .run, at: place.terminalEscaped,
        "has \(free >> 20) MiB left, and two checkpoints of \(checkpointByteCount >> 20) MiB must have room, as the old one "
          + "goes only when the new one is safe; make room, or give another '--store'")
    }
  }

  /// The folder itself, or the nearest above it that is there.
  private static func nearestFolder(_ path: String) -> String {
    var path = path
    while true {
      var status = stat()
      if stat(path, &status) == 0 { return path }
      guard let slash = path.lastIndex(of: "/") else { return "." }
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
  }
}
