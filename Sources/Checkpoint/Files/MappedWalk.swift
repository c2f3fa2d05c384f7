#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A look through a mapped file from place to place, with few of its pages in memory.
///
/// What is mapped counts as the process's memory from the first look at it, and 64 KB around it with it: a gigabyte with a
/// few bytes to read in every page would be all there. A walk lets go of what it has left behind.
final class MappedWalk {
  let file: MappedFile
  /// All bytes of the file.
  var bytes: UnsafeRawBufferPointer { file.bytes }
  /// What may be in memory.
  private var window = 0..<0

  /// How many bytes a walk keeps.
  private static let span = 4 << 20

  init(_ file: MappedFile) { self.file = file }

  /// Says that the walk has come to a position. What is looked at next lies close behind it.
  func visit(_ position: Int) {
    guard !window.contains(position) else { return }
    file.forgetPages()
    // Messages are read from their start again when their fields are known.
    window = position - Self.span / 4..<position + Self.span
  }
}

extension MappedFile {
  /// Lets the kernel take back the pages that were looked at; they come back with the next look.
  func forgetPages() {
    guard let start = bytes.baseAddress else { return }
    // Advice: where it is not taken, pages stay.
    _ = madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_DONTNEED)
  }
}
