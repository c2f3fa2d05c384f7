#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory that tensors share: allocated here, or borrowed from an owner such as a memory-mapped file.
///
/// `@unchecked Sendable` holds because a storage is written only through a `Tensor` that is its single
/// owner (see ``Tensor/withUnsafeMutableBytes(_:)``), and borrowed memory is never written.
package final class TensorStorage: @unchecked Sendable {
  /// Every allocation starts at a multiple of this many bytes: a cache line, and oneDNN's preference.
  package static let alignment = 64

  /// Tensors of at least two of these are laid on huge pages where Linux allows it. The first touch of small
  /// pages, one fault per 4 KiB, costs more than computing what is written to them.
  private static let hugePage = 2 << 20

  package let bytes: UnsafeRawBufferPointer
  private let allocated: UnsafeMutableRawPointer?
  private let owner: (any AnyObject & Sendable)?

  /// Memory of our own, not yet initialised.
  package init(byteCount: Int) {
    let isLarge = byteCount >= 2 * Self.hugePage
    let pointer = UnsafeMutableRawPointer.allocate(
      byteCount: max(byteCount, 1), alignment: isLarge ? Self.hugePage : Self.alignment)
    #if os(Linux)
      // Only a hint: where the kernel has no huge pages, the memory is the same in small ones.
      if isLarge { _ = madvise(pointer, byteCount, MADV_HUGEPAGE) }
    #endif
    allocated = pointer
    owner = nil
    bytes = UnsafeRawBufferPointer(start: pointer, count: byteCount)
  }

  /// Memory that `owner` keeps alive and unchanged.
  package init(borrowing bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
    allocated = nil
    self.owner = owner
    self.bytes = bytes
  }

  deinit { allocated?.deallocate() }

  /// The bytes for writing, when this storage allocated them.
  package var mutableBytes: UnsafeMutableRawBufferPointer? {
    allocated.map { UnsafeMutableRawBufferPointer(start: $0, count: bytes.count) }
  }
}
