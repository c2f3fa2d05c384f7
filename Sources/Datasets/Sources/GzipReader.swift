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

  /// The most bytes that the content can unpack to: deflate shrinks at most 1032 : 1.
  var mostUnpackedBytes: Int { isGzip ? 1032 * bytes.count : bytes.count }

  /// The first bytes of the content; fewer when it is shorter.
  func prefix(_ count: Int) throws(DatasetsError) -> [UInt8] {
    guard isGzip else { return Array(bytes.prefix(count)) }
    var result = [UInt8](repeating: 0, count: count)
    let filled = try inflate(into: &result, allowsMore: true)
    return Array(result.prefix(filled))
  }

  /// The whole content, which must have exactly `count` bytes.
  func content(count: Int) throws(DatasetsError) -> [UInt8] {
    guard isGzip else {
      guard bytes.count == count else { throw wrongLength(bytes.count, count) }
      return bytes
    }
    guard count <= mostUnpackedBytes else { throw wrongLength(nil, count) }
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

  private func inflate(into array: inout [UInt8], allowsMore: Bool) throws(DatasetsError) -> Int {
    var failure: DatasetsError?
    let filled = array.withUnsafeMutableBufferPointer { buffer in
      do throws(DatasetsError) { return try inflate(into: buffer, allowsMore: allowsMore) } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return filled
  }

  private func inflate(into buffer: UnsafeMutableBufferPointer<UInt8>, allowsMore: Bool) throws(DatasetsError) -> Int {
    var stream = z_stream()
    // 15 bits of window, and 16 for the gzip wrapper.
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw DatasetsError(.unreadable, at: path, "zlib could not start: is there enough memory?")
    }
    defer { inflateEnd(&stream) }
    // One byte more than wanted shows a stream that does not end where it should.
    var extra: UInt8 = 0
    var filled = 0
    var status = Z_OK
    bytes.withUnsafeBufferPointer { input in
      // zlib counts in 32 bits; input and output are handed over in pieces.
      let piece = 1 << 30
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      var given = 0
      while status == Z_OK {
        if stream.avail_in == 0 {
          let count = min(piece, input.count - given)
          stream.avail_in = UInt32(count)
          given += count
        }
        let room = min(piece, buffer.count - filled)
        if room > 0, let base = buffer.baseAddress {
          stream.next_out = base + filled
          stream.avail_out = UInt32(room)
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          filled += room - Int(stream.avail_out)
        } else if allowsMore {
          break
        } else {
          status = withUnsafeMutablePointer(to: &extra) { pointer in
            stream.next_out = pointer
            stream.avail_out = 1
            return CZlib.inflate(&stream, Z_NO_FLUSH)
          }
          if stream.avail_out == 0 { filled += 1 }
          if filled > buffer.count { break }
        }
      }
    }
    guard filled <= buffer.count else {
      throw DatasetsError(
        .corrupt, at: path, "unpacks to more than the \(buffer.count) bytes that its header announces")
    }
    if allowsMore && filled == buffer.count { return filled }
    guard status == Z_STREAM_END else {
      let reason = stream.msg.map { String(cString: $0) } ?? "the stream ends early"
      throw DatasetsError(
        .corrupt, at: path, "the gzip data is damaged (\(reason)) after \(filled) bytes: fetch the file again")
    }
    return filled
  }

  private func wrongLength(_ found: Int?, _ expected: Int) -> DatasetsError {
    let holds = found.map { "\($0) bytes" } ?? "at most \(mostUnpackedBytes) bytes"
    return DatasetsError(
      .corrupt, at: path, "holds \(holds) where its header announces \(expected): fetch the file again")
  }
}
