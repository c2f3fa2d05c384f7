import OrderedCollections
import Tensors

/// One save of a native checkpoint.
struct NativeSaving {
  /// Tensors are digested and written in pieces of this many bytes, so that the second use finds them in the cache.
  private static let piece = 1 << 20

  /// The file that is meant, for errors.
  let path: String
  /// Where everything is written.
  let publication: Publication
  /// How hard large tensors are compressed, from 1 to 9; `nil` for not at all.
  let compression: Int?
  /// Called at every step, for tests.
  let probe: @Sendable (SaveStep) throws -> Void

  /// Writes, verifies and publishes everything.
  func write(_ entries: [H5Entry<TensorSource>]) throws {
    try probe(.begun)
    let file = publication.file
    var writer = try H5Writer(for: path)
    var tensors: [PlacedTensor] = []
    for entry in entries {
      guard let tensor = entry.content else {
        try writer.add(group: entry.path, attributes: entry.attributes)
        continue
      }
      if let compression, let chunk = ChunkEncoder.extents(for: tensor.shape, elementSize: tensor.dtype.size) {
        try writer.add(
          chunked: entry.path, dtype: tensor.dtype, shape: tensor.shape, chunk: chunk, level: compression,
          attributes: entry.attributes)
        tensors.append(PlacedTensor(place: entry.path, tensor: tensor, offset: nil, chunk: chunk))
        continue
      }
      let offset = try writer.add(
        dataset: entry.path, dtype: tensor.dtype, shape: tensor.shape, attributes: entry.attributes)
      tensors.append(PlacedTensor(place: entry.path, tensor: tensor, offset: offset))
    }
    try probe(.laidOut)
    try file.reserve(try writer.size())
    try probe(.reserved)
    var digests = try write(tensors, to: file)
    var ranges = tensors.filter { $0.chunk == nil }.map { $0.offset..<$0.offset + $0.tensor.byteCount }
    if let compression {
      for (index, placed) in tensors.enumerated() where placed.chunk != nil {
        try probe(.tensor(index))
        digests[index] = try Self.compress(placed, level: compression, with: writer, to: file, &ranges)
      }
    }
    try probe(.written)
    let final = try describe(entries, digests, with: writer)
    try file.copy(try writer.close().file, around: ranges)
    try probe(.closed)
    try verify(final, tensors)
    try probe(.synchronized)
    try publication.publish { try probe(.renamed) }
  }

  /// Writes the bytes of all tensors, batch by batch.
  /// - Returns: The digest of each.
  private func write(_ tensors: [PlacedTensor], to file: OpenFile) throws -> [String] {
    let probe = probe
    var digests: [String] = []
    for batch in TensorBatches.of(tensors.map(\.tensor)) {
      digests += try Parallel.map(Array(tensors[batch]), weight: \.tensor.byteCount) { index, placed in
        // Those are written afterwards, one by one.
        if placed.chunk != nil { return Digest.placeholder }
        try probe(.tensor(batch.lowerBound + index))
        return try Self.write(placed, to: file)
      }
    }
    return digests
  }

  /// Writes the bytes of a tensor.
  /// - Returns: Their digest.
  private static func write(_ placed: PlacedTensor, to file: OpenFile) throws -> String {
    try Digest.of { digest in
      try placed.tensor.tensor().withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: piece) {
          let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
          digest.update(piece)
          try file.write(piece, at: placed.offset + start)
          file.startWriting(piece.count, at: placed.offset + start)
        }
      }
    }
  }

  /// Writes a tensor in compressed chunks.
  /// - Parameter ranges: Gets where in the file they are.
  /// - Returns: The digest of the tensor's bytes.
  private static func compress(
    _ placed: PlacedTensor, level: Int, with writer: borrowing H5Writer, to file: OpenFile, _ ranges: inout [Range<Int>]
  ) throws -> String {
    let encoder = ChunkEncoder(
      extents: placed.tensor.shape.dimensions, chunkExtents: placed.chunk ?? [], elementSize: placed.tensor.dtype.size,
      level: level)
    return try Digest.of { digest in
      try placed.tensor.tensor().withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: piece) {
          digest.update(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)]))
        }
        // A few at a time are compressed by all cores, and written in order.
        for batch in encoder.batches {
          for chunk in try encoder.encode(batch, of: bytes) {
            let offset = try writer.write(
              chunk: chunk.bytes, skippedFilters: chunk.skippedFilters, at: chunk.origin, of: placed.place)
            try chunk.bytes.withUnsafeBytes { try file.write($0, at: offset) }
            file.startWriting(chunk.bytes.count, at: offset)
            writer.release(offset..<offset + chunk.bytes.count)
            ranges.append(offset..<offset + chunk.bytes.count)
          }
        }
      }
    }
  }

  /// Writes the digests.
  /// - Returns: The entries with them.
  private func describe(
    _ entries: [H5Entry<TensorSource>], _ digests: [String], with writer: borrowing H5Writer
  ) throws -> [H5Entry<TensorSource>] {
    var entries = entries
    var rest = digests[...]
    for index in entries.indices where entries[index].content != nil {
      guard let digest = rest.popFirst() else { preconditionFailure("each tensor has a digest") }
      entries[index].attributes[DigestAttribute.tensor] = .string(digest)
      try writer.set(digest: digest, of: entries[index].path)
    }
    let digest = MetadataDigest.of(entries) { ($0.dtype, $0.shape) }
    entries[0].attributes[DigestAttribute.metadata] = .string(digest)
    try writer.set(digest: digest, of: [])
    return entries
  }

  /// Reads back what was written, while it goes to the disk.
  private func verify(
    _ entries: [H5Entry<TensorSource>], _ tensors: [PlacedTensor]
  ) throws {
    let found = try NativeFile.entries(try HDF5Opening.source(publication.temporary))
    // The digest stands for every path, type, shape and attribute.
    let meant = entries.first?.attributes[DigestAttribute.metadata]?.string
    let stored = found.compactMap(\.content?.stored)
    let isSame = meant == MetadataDigest.of(found) { ($0.stored.dtype, $0.stored.shape) }
    guard isSame, stored.map({ $0.offset ?? 0 }) == tensors.map(\.offset) else {
      throw CheckpointError(
        .corrupt, path: path, "what was written reads back as something else; this is a defect of zoo or of the disk")
    }
    // Item 0 is the disk, the others are the tensors.
    let file = publication.file
    try Parallel.forEach(stored.count + 1) { index in
      guard index > 0 else { return try file.synchronize() }
      if tensors[index - 1].chunk == nil { try TensorReader.check(stored[index - 1], of: file) }
    }
    for tensor in found.compactMap(\.content) where tensor.dataset.offset == nil && tensor.stored.byteCount > 0 {
      _ = try TensorReader.read(tensor.stored, tensor.dataset, of: file, isVerifying: true)
    }
    try probe(.verified)
  }
}

/// A tensor, and where in the file its bytes belong.
private struct PlacedTensor: Sendable {
  let place: [String]
  let tensor: TensorSource
  /// 0 for a tensor without bytes.
  let offset: Int
  /// The extents of its chunks; `nil` for a tensor in one piece.
  let chunk: [Int]?

  init(place: [String], tensor: TensorSource, offset: Int?, chunk: [Int]? = nil) {
    self.place = place
    self.tensor = tensor
    self.offset = offset ?? 0
    self.chunk = chunk
  }
}
