import Synchronization
import Tensors

/// Memory for one batch. It returns to its pool when nobody holds it any longer.
///
/// `@unchecked Sendable` holds because the loader's threads write disjoint samples and only until the batch is complete,
/// which the loader's lock orders before any read; from then on it is only read.
final class BatchMemory: @unchecked Sendable {
  private let storage: TensorStorage
  private let pool: BatchPool
  /// Where the first sample starts.
  let floats: UnsafeMutablePointer<Float>

  fileprivate init(_ storage: TensorStorage, pool: BatchPool) {
    guard let floats = storage.mutableBytes?.bindMemory(to: Float.self).baseAddress else {
      preconditionFailure("a pool's storage is its own and not empty")
    }
    self.storage = storage
    self.pool = pool
    self.floats = floats
  }

  deinit { pool.takeBack(storage) }

  /// The memory's beginning as a tensor, which keeps it alive.
  func tensor(_ shape: Shape) -> Tensor {
    let byteCount = shape.count * DType.float32.size
    return Tensor(
      shape, dtype: .float32, borrowing: UnsafeRawBufferPointer(rebasing: storage.bytes[..<byteCount]), owner: self)
  }
}

/// The memory of a loader's batches: what one batch gives back the next one takes, so none is allocated per batch.
final class BatchPool: Sendable {
  /// Bytes per batch.
  private let byteCount: Int
  private let free = Mutex<[TensorStorage]>([])
  private let mostFree: Int

  /// - Parameters:
  ///   - byteCount: Bytes per batch, at least one number.
  ///   - mostFree: More unused batches than this are given back to the system.
  init(byteCount: Int, mostFree: Int) {
    self.byteCount = byteCount
    self.mostFree = mostFree
  }

  /// Memory for a batch, not initialised.
  func take() -> BatchMemory {
    BatchMemory(free.withLock { $0.popLast() } ?? TensorStorage(byteCount: byteCount), pool: self)
  }

  fileprivate func takeBack(_ storage: TensorStorage) {
    free.withLock { free in
      if free.count < mostFree { free.append(storage) }
    }
  }
}
