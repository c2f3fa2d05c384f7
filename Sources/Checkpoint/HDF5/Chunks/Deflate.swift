import CDeflate

/// Inflates Deflate streams with zlib's frame (RFC 1950), as the filter of HDF5 has them, by libdeflate: two to three times
/// as fast as zlib.
///
/// `@unchecked Sendable` holds because whoever has it, such as by a ``Pool``, has it alone.
final class Inflation: @unchecked Sendable {
  private let decompressor: OpaquePointer

  init() throws {
    guard let decompressor = libdeflate_alloc_decompressor() else {
      throw CheckpointError(.system, "there is no memory to decompress with")
    }
    self.decompressor = decompressor
  }

  deinit { libdeflate_free_decompressor(decompressor) }

  /// Inflates a whole stream.
  /// - Returns: How many bytes came out; `nil` when the stream is damaged, its checksum is another, or more would come out
  ///   than fits.
  func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    var count = 0
    let status = libdeflate_zlib_decompress(
      decompressor, input.baseAddress, input.count, output.baseAddress, output.count, &count)
    return status == LIBDEFLATE_SUCCESS ? count : nil
  }
}
