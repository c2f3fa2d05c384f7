#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Tensors

/// A file in memory, read only when and where it is looked at.
///
/// A file that another program makes shorter while it is mapped kills the process that looks at the missing part
/// (SIGBUS). This library never does that to a file that it has published: it replaces them by renaming, and a mapping
/// then keeps the old file. ``Snapshot/read(_:verifying:)`` does not map and has no such risk.
///
/// `@unchecked Sendable` holds because the memory is mapped read-only and lives as long as the object.
final class MappedFile: @unchecked Sendable {
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer

  /// Maps a whole file.
  init(_ file: OpenFile) throws {
    let size = try file.size()
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw SystemCall.error(errno, path: file.path, doing: "map \(size) bytes into memory")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  /// A tensor whose elements stand in the file in row-major, little-endian order, inside of the mapped bytes. It is copied
  /// when they do not begin at a multiple of their size.
  func tensor(_ stored: StoredTensor) -> Tensor {
    guard let offset = stored.offset else { return Tensor(zeros: stored.shape, dtype: stored.dtype) }
    precondition(offset + stored.byteCount <= bytes.count, "\(stored.name) is a tensor of another file")
    let part = self[offset..<offset + stored.byteCount]
    guard offset % stored.dtype.size == 0 else {
      return Tensor(stored.shape, dtype: stored.dtype) { $0.copyMemory(from: part) }
    }
    return Tensor(stored.shape, dtype: stored.dtype, borrowing: part, owner: self)
  }

  /// A part of the bytes. Traps when it lies outside.
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}
