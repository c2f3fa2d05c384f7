import Tensors

/// A tensor, and where in a file its bytes belong or stand.
struct TensorPlacement: Sendable {
  let source: TensorSource
  let offset: Int
}

extension OpenFile {
  /// Writes tensors to their places, a few at a time and from several threads.
  /// - Returns: The CRC-32 of each.
  func write(_ tensors: [TensorPlacement]) throws -> [UInt32] {
    var sums: [UInt32] = []
    for batch in TensorBatches.of(tensors.map(\.source)) {
      sums += try Parallel.map(Array(tensors[batch]), weight: \.source.byteCount) { _, placed in
        if placed.source.isInMemory || !placed.source.isStreamed {
          return try placed.source.tensor().withUnsafeBytes { try self.writeChecksummed($0, at: placed.offset) }
        }
        var (sum, offset) = (CRC32(), placed.offset)
        try placed.source.forEachPiece { piece in
          sum.update(piece)
          try self.write(piece, at: offset)
          self.startWriting(piece.count, at: offset)
          offset += piece.count
        }
        return sum.value
      }
    }
    return sums
  }

  /// Brings everything to the disk, and meanwhile reads back what was written.
  ///
  /// What is read back comes from the operating system's cache: this finds mistakes of ours and of the file system, but not
  /// a disk that loses what it has confirmed.
  /// - Throws: ``CheckpointError/Code/corrupt`` when a checksum is another.
  func synchronize(checking tensors: [TensorPlacement], against sums: [UInt32]) throws {
    // Item 0 is the disk, the others are the tensors.
    try Parallel.forEach(tensors.count + 1) { index in
      guard index > 0 else { return try self.synchronize() }
      let placed = tensors[index - 1]
      guard try self.checksum(of: placed.source.byteCount, at: placed.offset) == sums[index - 1] else {
        throw OpenFile.isAnother(self.path)
      }
    }
  }

  /// The error for a file that reads back as something else than what was written.
  static func isAnother(_ path: String) -> CheckpointError {
    CheckpointError(
      .corrupt, path: path, "what was written reads back as something else; this is a defect of zoo or of the disk")
  }
}
