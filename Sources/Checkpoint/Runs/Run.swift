#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One training: a folder with its settings, its log and its checkpoints.
///
/// - `settings.json`: what the training was told.
/// - `class_indices.json`: the name of each output, for other programs.
/// - `log.jsonl`: what happened (``RunLog``).
/// - `last.h5`, `best.h5`, `average.h5`, `<epoch>.h5`: checkpoints.
/// - `superseded/`: checkpoints of a course that was abandoned (``supersededFolder``).
/// - `.lock`: locked by the process that trains (``RunLock``).
public struct Run: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The folder: `models/NAME`.
  public let folder: String

  /// The path of a checkpoint, whether it is there or not.
  public func path(of label: CheckpointLabel) -> String { Folder(path: folder).appending(label.fileName) }

  /// The path of the log.
  public var logPath: String { Folder(path: folder).appending("log.jsonl") }

  /// The path of the settings.
  public var settingsPath: String { Folder(path: folder).appending("settings.json") }

  /// The path of a checkpoint that is there.
  public func existing(_ label: CheckpointLabel) -> String? {
    let path = path(of: label)
    return FileStatus.exists(path) ? path : nil
  }

  /// The checkpoints that are there: last, best, average, then the epochs.
  public func labels() throws -> [CheckpointLabel] {
    let labels = try Folder(path: folder).names().compactMap(CheckpointLabel.init(fileName:))
    func rank(_ label: CheckpointLabel) -> Int {
      switch label {
      case .last: -3
      case .best: -2
      case .average: -1
      case .epoch(let number): number
      }
    }
    return labels.sorted { rank($0) < rank($1) }
  }

  /// What the training was told.
  public func settings() throws -> JSONValue {
    let file = try OpenFile(settingsPath, .read)
    try FileKind.checkOrdinary(file)
    let size = try file.size()
    guard size <= 16 << 20 else {
      throw CheckpointError(.invalid, path: settingsPath, "settings of \(ByteCount.text(size)) are not zoo's")
    }
    do {
      return try file.prefix(size).withUnsafeBytes { try JSONValue(parsing: $0) }
    } catch let error as CheckpointError where error.code == .invalid {
      throw CheckpointError(.corrupt, path: settingsPath, error.message)
    }
  }

  /// Replaces the settings, in one step.
  public func write(settings: JSONValue) throws {
    try Publication.write(settings.text(indented: true) + "\n", to: settingsPath)
  }

  /// The path of the names of the outputs.
  public var classIndicesPath: String { Folder(path: folder).appending("class_indices.json") }

  /// Replaces the names of the outputs, in one step.
  public func write(classIndices text: String) throws { try Publication.write(text, to: classIndicesPath) }

  /// Takes the run for this process, until the lock is gone.
  /// - Throws: ``CheckpointError/Code/busy`` naming the process that has it.
  public func lock() throws -> RunLock { try RunLock(run: self) }

  /// Opens the log for writing.
  public func log() throws -> RunLog { try RunLog(path: logPath) }

  /// Saves a checkpoint under one name or several, each replaced in one step (``Snapshot/write(to:)``).
  ///
  /// The bytes are written once: the other names are links to the same file, where the file system has links. `last` comes
  /// after all others, so that what it says of them is true whenever the process ends.
  public func save(_ snapshot: Snapshot, as labels: CheckpointLabel...) throws { try save(snapshot, as: labels) {} }

  /// Saves a checkpoint under all the names given, as ``save(_:as:)`` does.
  /// - Parameter probe: Called when a name is safe on the disk, for tests.
  package func save(_ snapshot: Snapshot, as labels: [CheckpointLabel], probe: () throws -> Void) throws {
    let ordered = labels.filter { $0 != .last } + labels.filter { $0 == .last }
    guard let first = ordered.first else { return }
    try snapshot.write(to: path(of: first))
    try probe()
    for label in ordered.dropFirst() {
      if try !Publication.link(path(of: first), as: path(of: label)) { try snapshot.write(to: path(of: label)) }
      try probe()
    }
  }

  /// Gives a checkpoint that is there another name too, in one step.
  package func publish(_ path: String, as label: CheckpointLabel) throws {
    guard path != self.path(of: label) else { return }
    if try !Publication.link(path, as: self.path(of: label)) { try Snapshot.read(path).write(to: self.path(of: label)) }
  }

  /// Whether the folder is there and is a run's.
  var isPresent: Bool {
    FileStatus.isFolder(folder)
      && (FileStatus.exists(settingsPath) || existing(.last) != nil || existing(.best) != nil)
  }
}
