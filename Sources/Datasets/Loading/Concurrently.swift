import Foundation

/// Makes `count` values on all cores, in order.
/// - Throws: The error of the first that failed, whichever came first.
func concurrently<Value: Sendable>(
  _ count: Int, _ make: @escaping @Sendable (Int) throws(DatasetsError) -> Value
) throws(DatasetsError) -> [Value] {
  let threads = min(ProcessInfo.processInfo.activeProcessorCount, count)
  let state = Monitor(ConcurrentState<Value>(count: count))
  let work: @Sendable () -> Void = {
    while let index = state.withLock({ $0.claim() }) {
      let result: Result<Value, DatasetsError>
      do throws(DatasetsError) { result = .success(try make(index)) } catch { result = .failure(error) }
      state.withLock { $0.finish(index, result) }
    }
  }
  var others: [WorkerThread] = []
  for _ in 0..<max(threads - 1, 0) {
    // With fewer threads it only takes longer.
    if let thread = try? WorkerThread(work) { others.append(thread) }
  }
  work()
  for thread in others { thread.join() }
  let results = state.withLock { $0.results }
  var values: [Value] = []
  values.reserveCapacity(count)
  for result in results { if let result { values.append(try result.get()) } }
  return values
}

/// Which values are made and which are begun.
private struct ConcurrentState<Value: Sendable>: Sendable {
  private(set) var results: [Result<Value, DatasetsError>?]
  private var next = 0
  private var hasFailed = false

  init(count: Int) { results = Array(repeating: nil, count: count) }

  /// The next to make; nil when there is none, or one has failed.
  mutating func claim() -> Int? {
    guard next < results.count, !hasFailed else { return nil }
    defer { next += 1 }
    return next
  }

  mutating func finish(_ index: Int, _ result: Result<Value, DatasetsError>) {
    if case .failure = result { hasFailed = true }
    results[index] = result
  }
}
