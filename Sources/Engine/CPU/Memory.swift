import Foundation
import Tensors

/// Memory that lives as long as this object: zeroed and page-aligned, or taken over from a tensor.
///
/// The pages are not touched here: the first writer's are the first to be taken.
///
/// `@unchecked Sendable` holds because an instance is only an address and a size that never change; who reads and writes
/// the bytes behind it, and when, is its users' affair.
final class Memory: @unchecked Sendable {
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  /// What owns the bytes, when they were a tensor's.
  private let storage: TensorStorage?

  /// - Throws: ``EngineError`` when the system has no such memory to give.
  init(byteCount: Int) throws(EngineError) {
    self.byteCount = max(byteCount, 1)
    let mapped = mmap(nil, self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw EngineError(
        .option, "no memory for \(byteCount >> 20) MiB: use a smaller batch or input, or a machine with more memory")
    }
    start = mapped
    storage = nil
    // Weights are read from end to end at every step, which costs fewer misses of the translation buffer on huge pages.
    // A wish, not a condition.
    if self.byteCount >= Self.worthHugePages { madvise(mapped, self.byteCount, MADV_HUGEPAGE) }
  }

  /// The memory of a tensor that has no other owner any more.
  init?(_ storage: TensorStorage) {
    guard let start = storage.mutableBytes?.baseAddress else { return nil }
    self.start = start
    byteCount = storage.bytes.count
    self.storage = storage
  }

  /// Smaller memories would take whole huge pages for little.
  private static let worthHugePages = 8 << 20

  deinit { if storage == nil { munmap(start, byteCount) } }

  /// The memory as float32 elements.
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

  /// How many of them there are.
  var floatCount: Int { byteCount / MemoryLayout<Float>.size }
}
