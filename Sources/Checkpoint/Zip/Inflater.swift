import CZlib

/// Inflates a raw Deflate stream (RFC 1951), with zlib.
struct Inflater: ~Copyable {
  private static let pieceSize = 256 << 10
  private let stream: UnsafeMutablePointer<z_stream>

  /// An inflater at the start of a stream.
  init() throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // Negative window bits: no zlib header.
    let status = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      throw CheckpointError(.system, "zlib cannot inflate (\(status)): there is no memory, or it is of another version")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Inflates `count` bytes of a file.
  /// - Parameter take: Given what comes out, in pieces; says whether it wants more.
  /// - Returns: Whether the stream ended, exactly with the last of those bytes, and all was taken.
  mutating func inflate(
    _ count: Int, of file: OpenFile, at offset: Int, _ take: (UnsafeRawBufferPointer) throws -> Bool
  ) throws -> Bool {
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 64)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 64)
    defer {
      input.deallocate()
      output.deallocate()
    }
    var read = 0
    while true {
      if stream.pointee.avail_in == 0, read < count {
        let piece = UnsafeMutableRawBufferPointer(rebasing: input[..<min(input.count, count - read)])
        try file.read(into: piece, at: offset + read)
        read += piece.count
        stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(piece.count)
      }
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      let made = output.count - Int(stream.pointee.avail_out)
      if made > 0, try !take(UnsafeRawBufferPointer(rebasing: output[..<made])) { return false }
      switch status {
      case Z_STREAM_END: return read == count && stream.pointee.avail_in == 0
      case Z_OK where made > 0 || stream.pointee.avail_in > 0 || read < count: continue
      default: return false
      }
    }
  }
}
