import Synchronization

/// Counts how many do something at once.
final class Counter: Sendable {
  private let counts = Mutex((now: 0, most: 0, total: 0))

  var most: Int { counts.withLock { $0.most } }
  var total: Int { counts.withLock { $0.total } }

  func begin() {
    counts.withLock { counts in
      counts.now += 1
      counts.total += 1
      counts.most = max(counts.most, counts.now)
    }
  }

  func end() { counts.withLock { $0.now -= 1 } }
}
