import CZlib
import Synchronization

/// Deflates bytes (RFC 1951) by several threads into one stream that any program inflates.
///
/// The bytes are cut into blocks that are compressed each for itself, with the 32 KiB before it for a dictionary, and end
/// at whole bytes (Z_SYNC_FLUSH), so that they can be joined. The same bytes give the same stream with any number of
/// threads.
enum Deflater {
  private static let block = 512 << 10
  private static let window = 32 << 10
  /// Blocks that are compressed before the first of them is written: bounds the memory.
  private static let batch = 32

  /// Writes what follows each other in `parts` to a file, as one stream.
  /// - Parameter level: 1 (fast) to 9 (small).
  /// - Returns: The bytes of the stream, and the CRC-32 of what it holds.
  static func deflate(
    _ parts: [UnsafeRawBufferPointer], level: Int, to file: OpenFile, at offset: Int
  ) throws -> (count: Int, crc: UInt32) {
    let blocks = Self.blocks(of: parts)
    var crc = CRC32()
    var position = offset
    for start in stride(from: 0, to: blocks.count, by: batch) {
      let end = min(start + batch, blocks.count)
      let done = Mutex<[(bytes: [UInt8], crc: UInt32)]>(Array(repeating: ([], 0), count: end - start))
      try Parallel.forEach(end - start) { index in
        let block = blocks[start + index]
        let bytes = try block.deflated(level: level, isLast: start + index == blocks.count - 1)
        done.withLock { $0[index] = (bytes, CRC32.of(block.bytes)) }
      }
      for (index, result) in done.withLock(\.self).enumerated() {
        crc.update(result.crc, count: blocks[start + index].bytes.count)
        try result.bytes.withUnsafeBytes { try file.write($0, at: position) }
        position += result.bytes.count
      }
    }
    return (position - offset, crc.value)
  }

  private static func blocks(of parts: [UnsafeRawBufferPointer]) -> [Block] {
    var blocks: [Block] = []
    for part in parts {
      for start in stride(from: 0, to: part.count, by: block) {
        let bytes = UnsafeRawBufferPointer(rebasing: part[start..<min(start + block, part.count)])
        // What stands before in the same part; the first block of a part has to do without.
        let dictionary = UnsafeRawBufferPointer(rebasing: part[max(0, start - window)..<start])
        blocks.append(Block(bytes: bytes, dictionary: dictionary))
      }
    }
    return blocks.isEmpty
      ? [
        Block(
          bytes: UnsafeRawBufferPointer(start: nil, count: 0), dictionary: UnsafeRawBufferPointer(start: nil, count: 0))
      ]
      : blocks
  }
}

/// `@unchecked Sendable` holds because the bytes are only read, and live as long as ``Deflater/deflate(_:level:to:at:)``
/// runs, which waits for its threads.
private struct Block: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  let dictionary: UnsafeRawBufferPointer

  func deflated(level: Int, isLast: Bool) throws -> [UInt8] {
    var stream = z_stream()
    let status = deflateInit2_(
      &stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw CheckpointError(.system, "zlib cannot deflate (\(status)): there is no memory, or it is of another version")
    }
    defer { deflateEnd(&stream) }
    if let start = dictionary.baseAddress, !dictionary.isEmpty {
      deflateSetDictionary(&stream, start.assumingMemoryBound(to: UInt8.self), UInt32(dictionary.count))
    }
    // The bound is for one call that finishes; a flush adds a few bytes.
    let capacity = Int(deflateBound(&stream, UInt(bytes.count))) + 16
    return try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(bytes.count)
      stream.next_out = buffer.baseAddress
      stream.avail_out = UInt32(buffer.count)
      let status = CZlib.deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
      guard status == (isLast ? Z_STREAM_END : Z_OK), stream.avail_in == 0, stream.avail_out > 0 else {
        throw CheckpointError(.system, "zlib did not deflate \(bytes.count) bytes (\(status)); this is a defect of zoo")
      }
      count = buffer.count - Int(stream.avail_out)
    }
  }
}
