import CHDF5
import Synchronization

/// The HDF5 library: every call of it goes through here.
///
/// The library is not parallel and keeps its errors per thread, so a call, and the reading of the error it left, happen
/// under one lock. Nothing is printed.
enum HDF5 {
  private static let lock = {
    // Every file is closed by its handle; there is nothing to do at the end of the process, and a damaged file could make
    // the library stumble there.
    _ = H5dont_atexit()
    return Mutex(())
  }()

  /// Calls the library.
  /// - Parameters:
  ///   - path: The file that is meant, for the error.
  ///   - doing: What is tried, for the error: `create /net`.
  ///   - body: One call. A negative answer is a failure.
  static func call<Answer: SignedInteger & Sendable>(
    _ path: String, _ doing: @autoclosure () -> String, _ body: () -> Answer
  ) throws -> Answer {
    let outcome: Result<Answer, Reason> = lock.withLock { _ in
      _ = zoo_h5_silence()
      let answer = body()
      return answer < 0 ? .failure(takeReason()) : .success(answer)
    }
    switch outcome {
    case .success(let answer): return answer
    case .failure(let reason): throw reason.error(path: path, doing: doing())
    }
  }

  /// Calls the library where no failure can be told, as when something is closed on the way out of an error.
  static func attempt(_ body: () -> Void) {
    lock.withLock { _ in
      _ = zoo_h5_silence()
      body()
    }
  }

  /// Why a call failed, in the library's words.
  private struct Reason: Error {
    /// From the innermost function outwards.
    var texts: [String] = []

    func error(path: String, doing: String) -> CheckpointError {
      let innermost = (texts.first ?? "HDF5 gives no reason").terminalEscaped
      let isFull = texts.contains { $0.contains("errno = 28,") || $0.contains("errno = 122,") }  // ENOSPC, EDQUOT
      if isFull { return CheckpointError(.noSpace, path: path, "cannot \(doing): no space is left on the disk") }
      let isSystem = innermost.contains("errno =")
      return CheckpointError(isSystem ? .system : .corrupt, path: path, "cannot \(doing): HDF5 says: \(innermost)")
    }
  }

  private static func takeReason() -> Reason {
    var reason = Reason()
    withUnsafeMutablePointer(to: &reason) { pointer in
      _ = zoo_h5_walk_errors(
        { _, entry, context in
          guard let entry, let context else { return 0 }
          if let text = entry.pointee.desc {
            context.assumingMemoryBound(to: Reason.self).pointee.texts.append(String(cString: text))
          }
          return 0
        }, pointer)
    }
    return reason
  }
}
