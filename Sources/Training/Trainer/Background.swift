import Dispatch
import Synchronization

/// Work that another thread does meanwhile.
final class Background<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let isDone = DispatchSemaphore(value: 0)

  /// Begins the work.
  init(_ work: @escaping @Sendable () throws -> Value) {
    DispatchQueue.global(qos: .userInitiated).async {
      let result = Result(catching: work)
      self.result.withLock { $0 = result }
      self.isDone.signal()
    }
  }

  /// Waits for what the work gave, or throws what it threw.
  func value() throws -> Value {
    isDone.wait()
    // The next one who asks need not wait.
    isDone.signal()
    guard let result = result.withLock({ $0 }) else { preconditionFailure("the result is there before the signal") }
    return try result.get()
  }
}
