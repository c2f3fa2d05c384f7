#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Tensors

/// Reads the bytes of tensors, and holds them against their digests.
enum TensorReader {
  /// Bytes are read and digested in pieces of this size, so that the second use finds them in the cache.
  private static let piece = 1 << 20
  /// From this size on, memory is asked for in large pages: they are handed out several times faster.
  private static let large = 4 << 20

  /// Reads tensors into memory, several at a time.
  /// - Parameter isVerifying: Whether digests are checked, of tensors that have one.
  /// - Throws: ``CheckpointError/Code/corrupt`` naming every tensor whose digest is another, with its place in the file.
  static func read(_ tensors: [StoredTensor], of file: OpenFile, isVerifying: Bool) throws -> [Tensor] {
    let results = try Parallel.map(tensors, weight: \.byteCount) { _, stored in
      var isSound = true
      let tensor = try Tensor(stored.shape, dtype: stored.dtype) { bytes in
        adviseLargePages(bytes)
        let found = try digest(of: stored, of: file, into: bytes, isVerifying: isVerifying)
        isSound = !isVerifying || stored.digest == nil || found == stored.digest
      }
      return (tensor: tensor, isSound: isSound)
    }
    let bad = zip(tensors, results).filter { !$0.1.isSound }.map(\.0)
    guard bad.isEmpty else { throw corruption(bad, path: file.path) }
    return results.map(\.tensor)
  }

  /// Digests a tensor's bytes without keeping them.
  /// - Throws: ``CheckpointError/Code/corrupt`` when they are not those that were written.
  static func check(_ stored: StoredTensor, of file: OpenFile) throws {
    guard let expected = stored.digest else { return }
    let size = min(stored.byteCount, piece)
    let found = try withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: 64) { buffer in
      try Digest.of { digest in
        for start in stride(from: 0, to: stored.byteCount, by: piece) {
          let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(piece, stored.byteCount - start)])
          try file.read(into: bytes, at: (stored.offset ?? 0) + start)
          digest.update(UnsafeRawBufferPointer(bytes))
        }
      }
    }
    guard found == expected else { throw corruption([stored], path: file.path) }
  }

  private static func digest(
    of stored: StoredTensor, of file: OpenFile, into bytes: UnsafeMutableRawBufferPointer, isVerifying: Bool
  ) throws -> String? {
    let offset = stored.offset ?? 0
    guard isVerifying, stored.digest != nil else {
      try file.read(into: bytes, at: offset)
      return nil
    }
    return try Digest.of { digest in
      for start in stride(from: 0, to: bytes.count, by: piece) {
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
        try file.read(into: part, at: offset + start)
        digest.update(UnsafeRawBufferPointer(part))
      }
    }
  }

  private static func adviseLargePages(_ bytes: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard bytes.count >= large, let start = bytes.baseAddress else { return }
      let page = 4096
      let skipped = (page - Int(bitPattern: start) % page) % page
      let largePages: Int32 = 14  // MADV_HUGEPAGE
      // Only advice: a kernel without large pages refuses, and nothing is lost.
      _ = madvise(start + skipped, bytes.count - skipped, largePages)
    #endif
  }

  private static func corruption(_ bad: [StoredTensor], path: String) -> CheckpointError {
    let shown = 20
    var places = bad.prefix(shown).map { tensor in
      let start = tensor.offset ?? 0
      return "/\(tensor.path.joined(separator: "/").terminalEscaped) (bytes \(start)..<\(start + tensor.byteCount))"
    }
    if bad.count > shown { places.append("and \(bad.count - shown) more") }
    return CheckpointError(
      .corrupt, path: path,
      "the bytes of \(bad.count == 1 ? "a tensor are" : "\(bad.count) tensors are") not those that were written: "
        + places.joined(separator: ", ") + "; use another copy of the file")
  }
}
