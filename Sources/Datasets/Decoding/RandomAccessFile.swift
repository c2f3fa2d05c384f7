#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An open file that pieces are read of; it closes itself.
final class RandomAccessFile: Sendable {
  let path: String
  /// In bytes, when it was opened.
  let size: Int
  private let descriptor: CInt

  /// Opens a file for reading.
  init(_ path: String) throws(DatasetsError) {
    self.path = path
    descriptor = try FileBytes.open(path)
    do throws(DatasetsError) {
      size = try FileBytes.size(of: descriptor, path: path, limit: .max)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The bytes of a range, which lies in the file.
  func read(_ range: Range<Int>) throws(DatasetsError) -> [UInt8] {
    var failure: DatasetsError?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
      do throws(DatasetsError) {
        try read(range, into: UnsafeMutableRawBufferPointer(buffer))
        initialized = range.count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Copies the bytes of a range.
  func read(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(DatasetsError) {
    var done = 0
    while done < range.count {
      let count = pread(
        descriptor, bytes.baseAddress.map { $0 + done }, range.count - done, off_t(range.lowerBound + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileBytes.failure(path: path) }
      guard count > 0 else {
        throw DatasetsError(
          .unreadable, at: path,
          "ends at byte \(range.lowerBound + done), and bytes up to \(range.upperBound) are wanted: it became shorter")
      }
      done += count
    }
  }
}
