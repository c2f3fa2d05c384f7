import Dispatch
import Synchronization

/// Work on many items by the processor's cores at once.
enum Parallel {
  /// Calls `body` for the numbers 0..<count, in any order, from several threads, and waits for all.
  ///
  /// After a failure no further number is begun; the failure of the lowest number is thrown.
  static func forEach(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: count) { index in
      if failure.withLock({ $0 != nil }) { return }
      do {
        try body(index)
      } catch {
        failure.withLock { first in
          if first.map({ index < $0.index }) ?? true { first = (index, error) }
        }
      }
    }
    if let error = failure.withLock({ $0?.error }) { throw error }
  }

  /// What `body` makes of each item, in order; the heaviest items are begun first.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], weight: (Item) -> Int, _ body: @Sendable (Int, Item) throws -> Result
  ) throws -> [Result] {
    let order = items.indices.sorted { (weight(items[$0]), $1) > (weight(items[$1]), $0) }
    let results = Mutex<[Result?]>(Array(repeating: nil, count: items.count))
    try forEach(items.count) { position in
      let index = order[position]
      let result = try body(index, items[index])
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0.compactMap(\.self) }
  }
}
