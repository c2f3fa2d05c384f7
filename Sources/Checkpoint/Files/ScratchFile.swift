#if os(Linux)
  import CDisk
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file without a name, for something that must be put together before it is written where it belongs. What is never
/// written takes no room in it.
///
/// HDF5 writes here and never to a real disk: when a disk is full in the middle of its work, HDF5 1.10 cannot close the
/// file any more, and crashes when the program ends.
final class ScratchFile {
  /// The open file.
  let file: OpenFile
  /// A path by which libraries can open the same file, as long as this object lives.
  var path: String {
    #if os(Linux)
      "/proc/self/fd/\(file.descriptor)"
    #else
      "/dev/fd/\(file.descriptor)"
    #endif
  }

  /// Makes an empty file: in memory on Linux, in the folder for temporary files elsewhere.
  init() throws {
    #if os(Linux)
      let descriptor = try SystemCall.check("", "make a file in memory") { zoo_make_memory_file("zoo-checkpoint") }
    #else
      var name = Array("/tmp/zoo-checkpoint.XXXXXX".utf8CString)
      let descriptor = try SystemCall.check("/tmp", "make a temporary file") { mkstemp(&name) }
      unlink(&name)
    #endif
    file = OpenFile("a temporary file", owning: descriptor)
  }

  /// Gives back the room of a range that is not needed any more.
  func release(_ range: Range<Int>) {
    #if os(Linux)
      zoo_release(file.descriptor, Int64(range.lowerBound), Int64(range.count))
    #endif
  }
}

extension OpenFile {
  /// Takes over everything of a scratch file but some ranges, whose bytes others write.
  func copy(_ scratch: OpenFile, around ranges: [Range<Int>]) throws {
    let size = try scratch.size()
    var start = 0
    for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) + [size..<size] {
      let bytes = try scratch.prefix(range.lowerBound - start, at: start)
      try bytes.withUnsafeBytes { try self.write($0, at: start) }
      start = range.upperBound
    }
    try setSize(size)
  }
}
