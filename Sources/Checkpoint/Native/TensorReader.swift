import Tensors

/// Reads the bytes of tensors, and holds them against their digests.
enum TensorReader {
  /// Bytes are read and digested in pieces of this size, so that the second use finds them in the cache.
  private static let piece = 1 << 20

  /// Reads a tensor into memory.
  /// - Parameter isVerifying: Whether its digest is checked, when it has one.
  /// - Throws: ``CheckpointError/Code/corrupt`` naming the tensor, with its place in the file, when its digest is another.
  static func read(
    _ stored: StoredTensor, _ dataset: H5Dataset, of file: OpenFile, isVerifying: Bool
  ) throws -> Tensor {
    var isSound = true
    guard stored.offset != nil || stored.byteCount == 0 else {
      let object = H5Entry<Never>.description(of: stored.path)
      let tensor = try H5TensorReader(dataset: dataset, file: file, object: object).tensor(verifying: isVerifying)
      if isVerifying, let expected = stored.digest {
        isSound = tensor.withUnsafeBytes { bytes in Digest.of { $0.update(bytes) } } == expected
      }
      guard isSound else { throw CheckpointError(corrupt: [place(of: stored)], path: file.path) }
      return tensor
    }
    let tensor = try Tensor(stored.shape, dtype: stored.dtype) { bytes in
      let found = try digest(of: stored, of: file, into: bytes, isVerifying: isVerifying)
      isSound = !isVerifying || stored.digest == nil || found == stored.digest
    }
    guard isSound else { throw CheckpointError(corrupt: [place(of: stored)], path: file.path) }
    return tensor
  }

  /// Holds a tensor's bytes against its digest without keeping them.
  /// - Throws: ``CheckpointError/Code/corrupt`` when they are not those that were written.
  static func check(_ stored: StoredTensor, _ dataset: H5Dataset, of file: OpenFile) throws {
    guard stored.digest != nil, stored.byteCount > 0 else { return }
    if isStreamed(dataset, of: file) {
      try stream(stored, dataset, of: file, isVerifying: true) { _ in }
    } else {
      _ = try read(stored, dataset, of: file, isVerifying: true)
    }
  }

  /// Whether a tensor can be had in pieces.
  static func isStreamed(_ dataset: H5Dataset, of file: OpenFile) -> Bool {
    H5TensorReader(dataset: dataset, file: file, object: "").isStreamed
  }

  /// Calls `body` with a tensor's bytes in order, piece by piece, and holds them against its digest at the end.
  /// - Throws: ``CheckpointError/Code/corrupt`` when they are not those that were written.
  static func stream(
    _ stored: StoredTensor, _ dataset: H5Dataset, of file: OpenFile, isVerifying: Bool,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let object = H5Entry<Never>.description(of: stored.path)
    let reader = H5TensorReader(dataset: dataset, file: file, object: object)
    guard isVerifying, let expected = stored.digest else { return try reader.stream(verifying: isVerifying, body) }
    let found = try Digest.of { digest in
      try reader.stream(verifying: true) { piece in
        digest.update(piece)
        try body(piece)
      }
    }
    guard found == expected else { throw CheckpointError(corrupt: [place(of: stored)], path: file.path) }
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

  private static func place(of tensor: StoredTensor) -> String {
    let object = H5Entry<Never>.description(of: tensor.path)
    return tensor.offset.map { "\(object) (bytes \($0)..<\($0 + tensor.byteCount))" } ?? object
  }
}
