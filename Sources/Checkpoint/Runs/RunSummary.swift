#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `zoo runs` tells of a run, read without looking at a tensor.
public struct RunSummary: Sendable {
  /// The run.
  public let run: Run
  /// The architecture's name.
  public let model: String?
  /// How far it has come; `nil` before the first checkpoint.
  public let position: TrainingPosition?
  /// The metrics of the best checkpoint, or of the last one when there is no best.
  public let bestMetrics: JSONValue
  /// The metrics of the last checkpoint.
  public let lastMetrics: JSONValue
  /// The checkpoints that are there.
  public let labels: [CheckpointLabel]
  /// The bytes that the folder takes on the disk; a file with two names counts once.
  public let byteCount: Int
  /// When the latest checkpoint was saved, or else the settings: ISO 8601 in UTC.
  public let modified: String?
  /// The process that trains in it now.
  public let process: Int?
  /// What the training was told; `.null` when that cannot be read.
  public let settings: JSONValue
  /// Why something of it cannot be read.
  public let problem: String?

  /// Looks at a run.
  init(_ run: Run) {
    self.run = run
    var problems: [String] = []
    func attempt<Value>(_ read: () throws -> Value) -> Value? {
      do {
        return try read()
      } catch {
        problems.append("\(error)")
        return nil
      }
    }
    settings = FileStatus.exists(run.settingsPath) ? attempt(run.settings) ?? .null : .null
    labels = attempt(run.labels) ?? []
    let last = run.existing(.last).flatMap { path in attempt { try Snapshot.open(path) } }
    let best = run.existing(.best).flatMap { path in attempt { try Snapshot.open(path) } }
    model = last?.architecture ?? best?.architecture ?? settings["model"]?.string
    position = last?.position ?? best?.position
    bestMetrics = best?.metrics ?? last?.metrics ?? .null
    lastMetrics = last?.metrics ?? .null
    byteCount = Self.byteCount(of: run)
    let latest = run.existing(.last) ?? run.settingsPath
    modified = FileStatus.at(latest).map { Timestamp.text($0.st_mtim.tv_sec) }
    process = RunLock.holder(of: run)
    problem = problems.isEmpty ? nil : problems.joined(separator: "; ")
  }

  private static func byteCount(of run: Run) -> Int {
    let folders = [run.folder, run.supersededFolder].map(Folder.init)
    var seen: Set<UInt64> = []
    var bytes = 0
    for path in folders.flatMap({ folder in ((try? folder.names()) ?? []).map(folder.appending) }) {
      guard let status = FileStatus.at(path), seen.insert(UInt64(status.st_ino)).inserted else { continue }
      bytes += Int(status.st_blocks) * 512
    }
    return bytes
  }
}
