#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Calls to the operating system whose failure becomes a ``CheckpointError``.
enum SystemCall {
  /// Calls again when a signal interrupted it, and throws when it fails.
  /// - Parameters:
  ///   - path: The file or folder that is meant.
  ///   - doing: What is tried: `write 4096 bytes at offset 0`.
  ///   - body: One call, −1 when it failed.
  @discardableResult
  static func check<Answer: SignedInteger>(
    _ path: String, _ doing: @autoclosure () -> String, _ body: () -> Answer
  ) throws -> Answer {
    while true {
      let answer = body()
      if answer >= 0 { return answer }
      let number = errno
      if number != EINTR { throw error(number, path: path, doing: doing()) }
    }
  }

  /// The error for an error number.
  static func error(_ number: Int32, path: String, doing: String) -> CheckpointError {
    switch number {
    case ENOENT: CheckpointError(.notFound, path: path, "cannot \(doing): there is no such file or folder")
    case ENOSPC:
      CheckpointError(.noSpace, path: path, "cannot \(doing): the disk is full; free some space and try again")
    case EDQUOT:
      CheckpointError(.noSpace, path: path, "cannot \(doing): your quota of disk space is used up")
    case EFBIG:
      CheckpointError(.noSpace, path: path, "cannot \(doing): files may not become that large here (ulimit -f)")
    case EACCES, EPERM:
      CheckpointError(.system, path: path, "cannot \(doing): you may not; check who owns it and its permissions")
    case EROFS: CheckpointError(.system, path: path, "cannot \(doing): the file system is read-only")
    default: CheckpointError(.system, path: path, "cannot \(doing): \(String(cString: strerror(number)))")
    }
  }
}
