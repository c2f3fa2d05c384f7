import CZlib

/// Inflates gzip in memory, with its size known beforehand: nothing more is ever allocated or written.
///
/// The checksum and the length at the end of the stream are verified. Bytes that are not gzip are taken as they are, so
/// that a file may also lie unpacked.
struct GzipReader: Sendable {
  private let bytes: [UInt8]
  private let path: String

  /// - Parameters:
  ///   - bytes: A file.
  ///   - path: Its name, for messages.
  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// Whether the content starts like gzip.
  var isGzip: Bool { bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B }

  /// The most bytes that a file of a size, which starts like this, can unpack to: deflate shrinks at most 1032 : 1.
  func mostUnpackedBytes(fileSize: Int) -> Int { isGzip ? 1032 * fileSize : fileSize }

  /// The first bytes of the content; fewer when it is shorter.
  func prefix(_ count: Int) throws(DatasetsError) -> [UInt8] {
    guard isGzip else { return Array(bytes.prefix(count)) }
    var result = [UInt8](repeating: 0, count: count)
    let filled = try result.withUnsafeMutableBufferPointer { (buffer) throws(DatasetsError) in
      try inflate(into: buffer, allowsMore: true)
    }
    return Array(result.prefix(filled))
  }

  /// The whole content, which must have exactly `count` bytes.
  func content(count: Int) throws(DatasetsError) -> [UInt8] {
    guard isGzip else {
      guard bytes.count == count else { throw wrongLength(bytes.count, count) }
      return bytes
    }
    guard count <= mostUnpackedBytes(fileSize: bytes.count) else { throw wrongLength(nil, count) }
    var failure: DatasetsError?
    let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(DatasetsError) {
        let filled = try inflate(into: buffer, allowsMore: false)
        if filled < count { failure = wrongLength(filled, count) }
        initialized = filled
      } catch {
        failure = error
        initialized = 0
      }
    }
    if let failure { throw failure }
    return result
  }

  /// Unpacks into a buffer.
  /// - Returns: The bytes written: all there are, or with `allowsMore` what the buffer takes.
  private func inflate(into buffer: UnsafeMutableBufferPointer<UInt8>, allowsMore: Bool) throws(DatasetsError) -> Int {
    // zlib remembers the stream's address: it must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    // 15 bits of window, and 16 for the gzip wrapper.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw DatasetsError(.unreadable, at: path, "zlib could not start: is there enough memory?")
    }
    defer { inflateEnd(stream) }
    let (filled, status) = bytes.withUnsafeBufferPointer { run(stream, from: $0, into: buffer, allowsMore: allowsMore) }
    guard filled <= buffer.count else {
      throw DatasetsError(
        .corrupt, at: path, "unpacks to more than the \(buffer.count) bytes that its header announces")
    }
    if allowsMore && filled == buffer.count { return filled }
    guard status == Z_STREAM_END else {
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "the stream ends early"
      throw DatasetsError(
        .corrupt, at: path, "the gzip data is damaged (\(reason)) after \(filled) bytes: fetch the file again")
    }
    return filled
  }

  /// Runs zlib until the stream ends, fails, or the buffer is full. Without `allowsMore` one byte more than the buffer
  /// takes is asked for, and counted: it shows a stream that does not end where it should.
  private func run(
    _ stream: UnsafeMutablePointer<z_stream>, from input: UnsafeBufferPointer<UInt8>,
    into buffer: UnsafeMutableBufferPointer<UInt8>, allowsMore: Bool
  ) -> (filled: Int, status: CInt) {
    // zlib counts in 32 bits; input and output are handed over in pieces.
    let piece = 1 << 30
    var given = 0
    var filled = 0
    var status = Z_OK
    var extra: UInt8 = 0
    while status == Z_OK && filled <= buffer.count {
      if stream.pointee.avail_in == 0 {
        let count = min(piece, input.count - given)
        stream.pointee.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + given) }
        stream.pointee.avail_in = UInt32(count)
        given += count
      }
      let room = min(piece, buffer.count - filled)
      if room > 0, let base = buffer.baseAddress {
        stream.pointee.next_out = base + filled
        stream.pointee.avail_out = UInt32(room)
        status = CZlib.inflate(stream, Z_NO_FLUSH)
        filled += room - Int(stream.pointee.avail_out)
      } else if allowsMore {
        break
      } else {
        withUnsafeMutablePointer(to: &extra) { pointer in
          stream.pointee.next_out = pointer
          stream.pointee.avail_out = 1
          status = CZlib.inflate(stream, Z_NO_FLUSH)
        }
        filled += 1 - Int(stream.pointee.avail_out)
      }
    }
    return (filled, status)
  }

  private func wrongLength(_ found: Int?, _ expected: Int) -> DatasetsError {
    let holds = found.map { "\($0) bytes" } ?? "at most \(mostUnpackedBytes(fileSize: bytes.count)) bytes"
    return DatasetsError(
      .corrupt, at: path, "holds \(holds) where its header announces \(expected): fetch the file again")
  }
}
