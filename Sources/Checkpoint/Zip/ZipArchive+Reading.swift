extension ZipArchive {
  /// All that an entry holds, its checksum checked: for texts and the like.
  /// - Parameter limit: More is refused.
  func bytes(of entry: ZipEntry, atMost limit: Int) throws -> [UInt8] {
    guard entry.byteCount <= limit else {
      throw CheckpointError(
        .refused, path: file.path,
        "the zip entry \(entry.label) has \(ByteCount.text(entry.byteCount)); this build reads up to "
          + ByteCount.text(limit) + " of it")
    }
    return try [UInt8](unsafeUninitializedCapacity: entry.byteCount) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<entry.byteCount])
      try read(entry, into: bytes, verifying: true)
      count = entry.byteCount
    }
  }

  /// Fills `bytes` with all that an entry holds: exactly so many.
  /// - Parameters:
  ///   - skipped: So many bytes at the start of the entry are passed over; they count for the checksum.
  ///   - isVerifying: Whether the checksum is checked.
  /// - Throws: ``CheckpointError/Code/corrupt`` when the checksum is another; for a deflated entry always when it does not
  ///   inflate to the bytes that it announces.
  func read(
    _ entry: ZipEntry, after skipped: Int = 0, into bytes: UnsafeMutableRawBufferPointer, verifying isVerifying: Bool
  ) throws {
    precondition(bytes.count == entry.byteCount - skipped, "an entry is read into as many bytes as it has")
    switch entry.method {
    case .stored:
      let crc = try file.read(into: bytes, at: entry.offset + skipped, isChecksummed: isVerifying)
      guard isVerifying else { return }
      var all = CRC32()
      all.update(try file.checksum(of: skipped, at: entry.offset), count: skipped)
      all.update(crc, count: bytes.count)
      try check(all.value, of: entry)
    case .deflated:
      var passed = 0
      try inflate(entry, verifying: isVerifying) { piece in
        let rest = piece.dropFirst(max(0, skipped - passed))
        if !rest.isEmpty {
          let start = max(0, passed - skipped)
          UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + rest.count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest))
        }
        passed += piece.count
        return true
      }
    }
  }

  /// Reads all that an entry holds piece by piece, however it is stored.
  /// - Parameters:
  ///   - skipped: So many bytes at the start of the entry are passed over; they count for the checksum.
  ///   - isVerifying: As for ``read(_:after:into:verifying:)``. What was given before the error is not what was written.
  func forEachPiece(
    of entry: ZipEntry, after skipped: Int, verifying isVerifying: Bool, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard entry.method == .deflated else { return try stream(entry, after: skipped, verifying: isVerifying, take) }
    var passed = 0
    try inflate(entry, verifying: isVerifying) { piece in
      let rest = piece.dropFirst(max(0, skipped - passed))
      passed += piece.count
      if !rest.isEmpty { try take(UnsafeRawBufferPointer(rebasing: rest)) }
      return true
    }
  }

  /// Fills `bytes` with a part of what an entry holds, unchecked. Of a deflated entry everything before it is inflated.
  /// - Parameter offset: Counted from the first byte that the entry holds.
  func read(_ entry: ZipEntry, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
    precondition(offset >= 0 && bytes.count <= entry.byteCount - offset, "a part of an entry lies inside of it")
    guard !bytes.isEmpty else { return }
    guard entry.method == .deflated else {
      try file.read(into: bytes, at: entry.offset + offset, isChecksummed: false)
      return
    }
    var passed = 0
    try inflate(entry, verifying: false) { piece in
      let wanted = max(passed, offset)..<min(passed + piece.count, offset + bytes.count)
      if wanted.lowerBound < wanted.upperBound {
        let source = UnsafeRawBufferPointer(rebasing: piece[wanted.lowerBound - passed..<wanted.upperBound - passed])
        UnsafeMutableRawBufferPointer(rebasing: bytes[wanted.lowerBound - offset..<wanted.upperBound - offset])
          .copyMemory(from: source)
      }
      passed += piece.count
      return passed < offset + bytes.count
    }
  }

  /// Calls `body` with what a stored entry holds, in order, piece by piece.
  /// - Parameters:
  ///   - skipped: So many bytes at the start of the entry are passed over; they count for the checksum.
  ///   - isVerifying: Whether the checksum is checked, when all pieces were given.
  func stream(
    _ entry: ZipEntry, after skipped: Int = 0, verifying isVerifying: Bool,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    precondition(entry.method == .stored, "what is deflated is read as a whole")
    var crc = CRC32()
    if isVerifying { crc.update(try file.checksum(of: skipped, at: entry.offset), count: skipped) }
    try file.forEachPiece(of: entry.byteCount - skipped, at: entry.offset + skipped) { piece in
      if isVerifying { crc.update(piece) }
      try body(piece)
    }
    if isVerifying { try check(crc.value, of: entry) }
  }

  /// Holds what an entry holds against its checksum.
  /// - Throws: ``CheckpointError/Code/corrupt``.
  func check(_ entry: ZipEntry) throws {
    switch entry.method {
    case .stored: try check(file.checksum(of: entry.byteCount, at: entry.offset), of: entry)
    case .deflated: try inflate(entry, verifying: true) { _ in true }
    }
  }

  private func check(_ crc: UInt32, of entry: ZipEntry) throws {
    guard crc != entry.crc else { return }
    throw CheckpointError(
      .corrupt, path: file.path,
      "the bytes of the zip entry \(entry.label) (bytes \(entry.offset)..<\(entry.offset + entry.storedCount)) are not "
        + "those that were written: their CRC-32 is another; use another copy of the file")
  }

  /// Inflates an entry piece by piece. `take` says whether it wants more; all pieces together are never more than the
  /// entry announces.
  private func inflate(
    _ entry: ZipEntry, verifying isVerifying: Bool, _ take: (UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    var crc = CRC32()
    var inflater = try Inflater()
    var left = entry.byteCount
    var isStopped = false
    let isWhole = try inflater.inflate(entry.storedCount, of: file, at: entry.offset) { piece in
      guard piece.count <= left else { return false }
      left -= piece.count
      if isVerifying { crc.update(piece) }
      isStopped = try !take(piece)
      return !isStopped
    }
    if isStopped && !isVerifying { return }
    guard isWhole, left == 0 else {
      throw CheckpointError(
        .corrupt, path: file.path,
        "the zip entry \(entry.label) (bytes \(entry.offset)..<\(entry.offset + entry.storedCount)) does not inflate to "
          + "the \(entry.byteCount) bytes that it announces; use another copy of the file")
    }
    if isVerifying { try check(crc.value, of: entry) }
  }
}
