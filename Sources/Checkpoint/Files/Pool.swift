import Synchronization

/// Things that are costly to make, such as memory that the operating system hands out page by page, lent to one thread at
/// a time and used again.
final class Pool<Item: Sendable>: Sendable {
  private let free = Mutex<[Item]>([])
  private let make: @Sendable () throws -> Item

  /// A pool of things that are made when all others are lent.
  init(_ make: @escaping @Sendable () throws -> Item) { self.make = make }

  /// Takes a thing out, to be given back with ``give(_:)``.
  func take() throws -> Item { try free.withLock { $0.popLast() } ?? make() }

  /// Gives a thing back.
  func give(_ item: Item) { free.withLock { $0.append(item) } }

  /// Calls `body` with a thing that nobody else has meanwhile.
  func with<Result>(_ body: (Item) throws -> Result) throws -> Result {
    let item = try take()
    defer { give(item) }
    return try body(item)
  }
}

/// Memory for one purpose after the other.
///
/// `@unchecked Sendable` holds because whoever has it, such as by a ``Pool``, has it alone.
final class ScratchMemory: @unchecked Sendable {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// Memory of so many bytes, with anything in it. What was given before is no longer valid.
  func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count < count {
      memory.deallocate()
      memory = .allocate(byteCount: count, alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  deinit { memory.deallocate() }
}
