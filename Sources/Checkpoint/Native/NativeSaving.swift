import OrderedCollections
import Tensors

/// One save of a native checkpoint.
struct NativeSaving {
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
      let tools = ChunkEncoder.Tools(level: compression)
      for (index, placed) in tensors.enumerated() where placed.chunk != nil {
        try probe(.tensor(index))
        digests[index] = try Self.compress(placed, tools, with: writer, to: file, &ranges)
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
      var offset = placed.offset
      try placed.tensor.forEachPiece { piece in
        digest.update(piece)
        try file.write(piece, at: offset)
        file.startWriting(piece.count, at: offset)
        offset += piece.count
      }
    }
  }

  /// Writes a tensor in compressed chunks.
  /// - Parameter ranges: Gets where in the file they are.
  /// - Returns: The digest of the tensor's bytes.
  private static func compress(
    _ placed: PlacedTensor, _ tools: ChunkEncoder.Tools, with writer: borrowing H5Writer, to file: OpenFile,
    _ ranges: inout [Range<Int>]
  ) throws -> String {
    let encoder = ChunkEncoder(
      extents: placed.tensor.shape.dimensions, chunkExtents: placed.chunk ?? [], elementSize: placed.tensor.dtype.size,
      tools: tools)
    var collected = ChunkCollector(encoder)
    func write(_ chunk: ChunkEncoder.Chunk) throws {
      let offset = try writer.write(
        chunk: chunk.bytes, skippedFilters: chunk.skippedFilters, at: chunk.origin, of: placed.place)
      try file.write(chunk.bytes, at: offset)
      file.startWriting(chunk.bytes.count, at: offset)
      writer.release(offset..<offset + chunk.bytes.count)
      ranges.append(offset..<offset + chunk.bytes.count)
    }
    return try Digest.of { digest in
      try placed.tensor.forEachPiece { piece in
        digest.update(piece)
        try collected.add(piece, write)
      }
      try collected.finish(write)
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
    let datasets = found.compactMap(\.content?.dataset)
    let isSame = meant == MetadataDigest.of(found) { ($0.stored.dtype, $0.stored.shape) }
    guard isSame, stored.map({ $0.offset ?? 0 }) == tensors.map(\.offset) else {
      throw CheckpointError(
        .corrupt, path: path, "what was written reads back as something else; this is a defect of zoo or of the disk")
    }
    // Item 0 is the disk, the others are the tensors.
    let file = publication.file
    try Parallel.forEach(stored.count + 1) { index in
      guard index > 0 else { return try file.synchronize() }
      try TensorReader.check(stored[index - 1], datasets[index - 1], of: file)
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
