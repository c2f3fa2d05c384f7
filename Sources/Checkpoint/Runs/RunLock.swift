#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps every other process from training in a run's folder.
///
/// The kernel holds the lock and drops it when the process ends, however it ends: nothing is left to clean up. The lock
/// is released when the last reference to this object goes.
public final class RunLock: Sendable {
  private let file: OpenFile

  /// Takes the lock.
  init(run: Run) throws {
    let path = Self.path(of: run)
    file = try OpenFile(path, .readWrite)
    // 'zoo runs' looks at a lock by holding it for an instant: a second try tells that from a training.
    var attempts = 5
    while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      guard number == EWOULDBLOCK else { throw SystemCall.error(number, path: path, doing: "lock the run") }
      attempts -= 1
      guard attempts > 0 else { throw Self.busy(run, process: try Self.process(in: file)) }
      usleep(20_000)
    }
    try SystemCall.check(path, "write") { ftruncate(file.descriptor, 0) }
    try Array("\(getpid())\n".utf8).withUnsafeBytes { try file.write($0, at: 0) }
  }

  /// The process that trains in a run now; `nil` when none does.
  static func holder(of run: Run) -> Int? {
    guard let file = try? OpenFile(path(of: run), .read) else { return nil }
    if flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
    return errno == EWOULDBLOCK ? (try? process(in: file)) ?? 0 : nil
  }

  private static func path(of run: Run) -> String { Folder(path: run.folder).appending(".lock") }

  private static func process(in file: OpenFile) throws -> Int? {
    Int(String(decoding: try file.prefix(32).prefix { $0 != 0x0A }, as: UTF8.self))
  }

  private static func busy(_ run: Run, process: Int?) -> CheckpointError {
    if process == Int(getpid()) {
      return CheckpointError(.busy, path: run.folder, "this process is training in this run already")
    }
    let holder = process.map { "process \($0)" } ?? "another process"
    let stop = process.map { "stop it with 'kill \($0)'" } ?? "stop it"
    return CheckpointError(
      .busy, path: run.folder, "\(holder) is training in this run; wait for it, \(stop), or begin another with --run")
  }
}
