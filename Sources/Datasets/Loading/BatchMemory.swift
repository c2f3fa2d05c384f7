import Synchronization
import Tensors

/// Memory for one batch. It returns to its pool when nobody holds it any longer.
///
/// `@unchecked Sendable` holds because the loader's threads write disjoint samples and only until the batch is complete,
/// which the loader's lock orders before any read; from then on it is only read.
final class BatchMemory: @unchecked Sendable {
  let floats: UnsafeMutablePointer<Float>
  private let capacity: Int
  private let pool: BatchPool

  fileprivate init(floats: UnsafeMutablePointer<Float>, capacity: Int, pool: BatchPool) {
    self.floats = floats
    self.capacity = capacity
    self.pool = pool
  }

  deinit { pool.takeBack(floats) }

  /// The memory's beginning as a tensor, which keeps it alive.
  func tensor(_ shape: Shape) -> Tensor {
    precondition(shape.count <= capacity, "\(shape) does not fit a batch of \(capacity) numbers")
    return Tensor(
      shape, dtype: .float32, borrowing: UnsafeRawBufferPointer(start: floats, count: shape.count * 4), owner: self)
  }
}

/// The memory of a loader's batches: what one batch gives back the next one takes, so none is allocated per batch.
final class BatchPool: Sendable {
  /// Floats per batch.
  private let capacity: Int
  /// Addresses of memory that nobody uses. A pointer is not Sendable; its bits are.
  private let free = Mutex<[UInt]>([])
  private let mostFree: Int

  /// - Parameters:
  ///   - capacity: Floats per batch.
  ///   - mostFree: More unused batches than this are given back to the system.
  init(capacity: Int, mostFree: Int) {
    self.capacity = capacity
    self.mostFree = mostFree
  }

  deinit {
    for address in free.withLock({ $0 }) { UnsafeMutablePointer<Float>(bitPattern: address)?.deallocate() }
  }

  /// Memory for a batch, not initialised.
  func take() -> BatchMemory {
    let reused = free.withLock { $0.popLast() }.flatMap { UnsafeMutablePointer<Float>(bitPattern: $0) }
    return BatchMemory(floats: reused ?? allocate(), capacity: capacity, pool: self)
  }

  fileprivate func takeBack(_ floats: UnsafeMutablePointer<Float>) {
    let isKept = free.withLock { free in
      guard free.count < mostFree else { return false }
      free.append(UInt(bitPattern: floats))
      return true
    }
    if !isKept { floats.deallocate() }
  }

  private func allocate() -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: TensorStorage.alignment)
      .bindMemory(to: Float.self, capacity: capacity)
  }
}
