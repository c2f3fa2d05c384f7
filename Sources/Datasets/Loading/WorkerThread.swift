#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A thread that takes no signals: SIGINT and SIGTERM are the main thread's affair.
struct WorkerThread: Sendable {
  private let handle: pthread_t

  /// What the new thread runs, carried through pthread's single pointer.
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread. It must be joined.
  /// - Throws: ``DatasetsError`` when the system gives no thread.
  init(_ body: @escaping @Sendable () -> Void) throws(DatasetsError) {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    // A thread starts with its maker's mask.
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, Self.run, work.toOpaque())
    guard status == 0 else {
      work.release()
      throw DatasetsError(
        .unreadable, "no worker thread could be started (\(String(cString: strerror(status)))): use fewer workers")
    }
    handle = thread
  }

  /// Waits until the thread has ended.
  func join() { pthread_join(handle, nil) }

  /// Lets the thread end by itself.
  func detach() { pthread_detach(handle) }

  private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
    if let pointer { Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body() }
    return nil
  }
}
