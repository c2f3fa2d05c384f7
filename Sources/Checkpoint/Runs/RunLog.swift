#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The log of a run: one JSON object a line, only ever appended.
///
/// Entries carry `step`, the optimizer steps made when they were written, in ascending order. A line that a crash cut
/// short is not read, and is removed when the log is next opened for writing. ``rewind(toStep:)`` takes the log back to
/// the step of the checkpoint from which training goes on: nothing stands twice, and what is taken out is kept in
/// `log.superseded.jsonl`.
public final class RunLog: Sendable {
  /// The member that says how many optimizer steps had been made.
  public static let stepKey = "step"

  private let file: OpenFile

  /// Opens a log for writing, or begins one.
  package init(path: String) throws {
    file = try OpenFile(path, .append)
    try FileKind.checkOrdinary(file)
    let size = try file.size()
    let whole = try Self.wholeLines(try file.prefix(size))
    if whole < size { try cut(to: whole) }
  }

  /// Adds an entry.
  ///
  /// It is in the file at once, and survives the end of this process; ``synchronize()`` makes it survive the end of the
  /// machine. Write the entries of a step before saving the checkpoint of that step.
  public func append(_ entry: JSONValue) throws {
    let size = try file.size()
    do {
      try Array((entry.text() + "\n").utf8).withUnsafeBytes { try file.append($0) }
    } catch {
      // Half a line would spoil the next one.
      try? cut(to: size)
      throw error
    }
  }

  /// Waits until all entries are on the disk. Meant for each checkpoint, and not for each step.
  public func synchronize() throws { try file.synchronize() }

  /// The length of the log, to be kept in a checkpoint for ``rewind(toStep:size:)``.
  public func size() throws -> Int { try file.size() }

  /// Moves the entries after a step, and all that follow the first of them, to `log.superseded.jsonl`.
  /// - Parameter size: The length of the log when that step's checkpoint was saved. Of entries of that very step, such as
  ///   those of a validation that was cut short, those after it go too.
  public func rewind(toStep step: Int, size: Int? = nil) throws {
    let bytes = try file.prefix(try file.size())
    var (kept, before) = (0, 0)
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let entry = try? line.withUnsafeBytes { try JSONValue(parsing: $0) }
      if let at = entry?[Self.stepKey]?.integer {
        if at > step { break }
        if at < step { before = min(line.endIndex + 1, bytes.count) }
      }
      kept = min(line.endIndex + 1, bytes.count)
    }
    if let size, (before..<kept).contains(size), size == 0 || bytes[size - 1] == 0x0A {
      kept = Self.endOfSessions(bytes[..<kept], from: size)
    }
    guard kept < bytes.count else { return }
    let superseded = try OpenFile(
      Folder(path: FilePath.folder(of: file.path)).appending("log.superseded.jsonl"), .append)
    try bytes[kept...].withUnsafeBytes { try superseded.append($0) }
    try superseded.synchronize()
    try cut(to: kept)
    try file.synchronize()
  }

  /// The entries of a log, in order; none when there is no log. Lines that are not JSON, such as one that a crash cut
  /// short, are left out.
  public static func entries(at path: String) throws -> [JSONValue] {
    guard FileStatus.exists(path) else { return [] }
    let file = try OpenFile(path, .read)
    try FileKind.checkOrdinary(file)
    let bytes = try file.prefix(try file.size())
    return bytes.split(separator: 0x0A).compactMap { line in
      try? line.withUnsafeBytes { try JSONValue(parsing: $0) }
    }
  }

  /// Events that tell of a process and not of what it computed: they stay true when a checkpoint is gone back to.
  private static let sessionEvents: Set<String> = ["start", "resume", "ready", "stopped", "finished"]

  /// Where, after a place, the first entry stands that tells of more than a session.
  private static func endOfSessions(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int {
    var kept = start
    for line in bytes[start...].split(separator: 0x0A) {
      let entry = try? line.withUnsafeBytes { try JSONValue(parsing: $0) }
      guard let event = entry?["event"]?.string, sessionEvents.contains(event) else { break }
      kept = min(line.endIndex + 1, bytes.endIndex)
    }
    return kept
  }

  /// How many bytes at the beginning are whole lines.
  private static func wholeLines(_ bytes: [UInt8]) throws -> Int {
    bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
  }

  private func cut(to size: Int) throws { try file.setSize(size) }
}
