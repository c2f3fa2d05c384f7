import Synchronization

/// Long runs of bytes go through the processor's caches in pieces, long ones from several threads, and are checksummed on
/// their way.
enum Pieces {
  /// So many bytes are still in the cache when they are used a second time.
  static let size = 1 << 20
  /// From here on several threads share a run of bytes.
  private static let shared = 16 << 20
  /// What one thread takes at a time.
  private static let part = 4 << 20

  /// Calls `body` for all pieces of `count` bytes, each at most ``size`` long, from several threads when there are many.
  /// - Parameter body: Given the range of the piece, gives its checksum.
  /// - Returns: The checksum of all.
  @discardableResult
  static func checksum(_ count: Int, _ body: @Sendable (Range<Int>) throws -> UInt32) throws -> UInt32 {
    guard count >= shared else { return try sequentially(0..<count, body) }
    let parts = (count + part - 1) / part
    let sums = Mutex<[UInt32]>(Array(repeating: 0, count: parts))
    let range = { @Sendable (index: Int) in index * part..<min((index + 1) * part, count) }
    try Parallel.forEach(parts) { index in
      let sum = try sequentially(range(index), body)
      sums.withLock { $0[index] = sum }
    }
    var total = CRC32()
    for (index, sum) in sums.withLock(\.self).enumerated() { total.update(sum, count: range(index).count) }
    return total.value
  }

  private static func sequentially(_ range: Range<Int>, _ body: (Range<Int>) throws -> UInt32) throws -> UInt32 {
    var total = CRC32()
    for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
      let piece = start..<min(start + size, range.upperBound)
      total.update(try body(piece), count: piece.count)
    }
    return total.value
  }
}

extension OpenFile {
  /// Fills `bytes` from a position of the file, from several threads when there are many.
  /// - Returns: Their CRC-32 when `isChecksummed`, otherwise 0.
  @discardableResult
  func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int, isChecksummed: Bool
  ) throws -> UInt32 {
    // Each thread writes its own part.
    nonisolated(unsafe) let bytes = bytes
    return try Pieces.checksum(bytes.count) { range in
      let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
      try read(into: piece, at: offset + range.lowerBound)
      return isChecksummed ? CRC32.of(UnsafeRawBufferPointer(piece)) : 0
    }
  }

  /// Writes all of `bytes` at a position of the file, from several threads when there are many, and lets the disk begin.
  /// - Returns: Their CRC-32.
  func writeChecksummed(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws -> UInt32 {
    nonisolated(unsafe) let bytes = bytes
    return try Pieces.checksum(bytes.count) { range in
      let piece = UnsafeRawBufferPointer(rebasing: bytes[range])
      let sum = CRC32.of(piece)
      try write(piece, at: offset + range.lowerBound)
      startWriting(piece.count, at: offset + range.lowerBound)
      return sum
    }
  }

  /// Calls `body` with bytes of the file in order, in pieces of ``Pieces/size``.
  func forEachPiece(of count: Int, at offset: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withUnsafeTemporaryAllocation(byteCount: max(min(count, Pieces.size), 1), alignment: 64) { buffer in
      for start in stride(from: 0, to: count, by: Pieces.size) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(Pieces.size, count - start)])
        try read(into: piece, at: offset + start)
        try body(UnsafeRawBufferPointer(piece))
      }
    }
  }

  /// The CRC-32 of bytes of the file, which are not kept.
  func checksum(of count: Int, at offset: Int) throws -> UInt32 {
    try Pieces.checksum(count) { range in
      try withUnsafeTemporaryAllocation(byteCount: max(range.count, 1), alignment: 64) { buffer in
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
        try read(into: piece, at: offset + range.lowerBound)
        return CRC32.of(UnsafeRawBufferPointer(piece))
      }
    }
  }
}
