import Tensors

/// Reads the elements of a dataset into memory, in row-major and little-endian order.
struct H5TensorReader {
  let dataset: H5Dataset
  let file: OpenFile
  /// The dataset, for errors.
  let object: String

  /// Fills the bytes of a tensor.
  func read(into bytes: UnsafeMutableRawBufferPointer, verifying isVerifying: Bool) throws {
    switch dataset.storage {
    case .nowhere(let fill):
      _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
      guard !fill.isEmpty else { break }
      for start in stride(from: 0, to: bytes.count, by: fill.count) {
        UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyBytes(from: fill)
      }
    case .contiguous(let offset): try file.read(into: bytes, at: offset)
    case .compact(let content): bytes.copyBytes(from: content)
    case .chunked(let chunks):
      try ChunkDecoder(chunks: chunks, file: file, object: object, isVerifying: isVerifying).read(into: bytes)
    case .unreadable(let reason): throw CheckpointError(.unsupported, path: file.path, "\(object) \(reason)")
    }
    ByteOrder.swap(bytes, elementSize: dataset.swappedSize)
  }

  /// Whether ``stream(verifying:_:)`` gives the elements in pieces.
  var isStreamed: Bool {
    switch dataset.storage {
    case .contiguous: dataset.swappedSize == 1
    case .chunked(let chunks): dataset.swappedSize == 1 && ChunkRuns(chunks) != nil
    case .nowhere, .compact, .unreadable: false
    }
  }

  /// Calls `body` with the bytes of the elements in order, piece by piece.
  func stream(verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch dataset.storage {
    case .contiguous(let offset): try file.forEachPiece(of: dataset.byteCount, at: offset, body)
    case .chunked(let chunks):
      guard let runs = ChunkRuns(chunks) else { preconditionFailure("only runs of elements are streamed") }
      try ChunkDecoder(chunks: chunks, file: file, object: object, isVerifying: isVerifying).stream(runs, body)
    case .nowhere, .compact, .unreadable: preconditionFailure("such a dataset is read as a whole")
    }
  }

  /// The tensor.
  func tensor(verifying isVerifying: Bool) throws -> Tensor {
    // Before memory is taken: nothing of what such a dataset claims could be held against the file.
    if case .unreadable(let reason) = dataset.storage {
      throw CheckpointError(.unsupported, path: file.path, "\(object) \(reason)")
    }
    return try Tensor(dataset.shape, dtype: dataset.dtype) { try read(into: $0, verifying: isVerifying) }
  }
}
