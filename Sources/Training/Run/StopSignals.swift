import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Turns SIGINT, SIGTERM and SIGHUP into a wish that training reads between two steps.
///
/// The first signal only stores its number, and gives SIGINT and SIGTERM their default action back: a second one ends
/// the process at once. What was saved is safe even then, because checkpoints are published atomically.
public enum StopSignals {
  /// The number of the first signal; 0 before.
  private static let received = Atomic<Int32>(0)

  /// Starts listening in the thread that calls. A signal that the parent process made ignored, as `nohup` does with SIGHUP, stays ignored.
  public static func listen() {
    received.store(0, ordering: .relaxed)
    // A parent that starts processes from a thread without signals hands its mask on.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Only an atomic store and signal(2) run in the handler: both are async-signal-safe.
      let previous = signal(number) { number in
        StopSignals.received.store(number, ordering: .relaxed)
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
      }
      if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
  }

  /// The signal that asked to stop, if any has.
  public static var pending: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
