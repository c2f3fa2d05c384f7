import OrderedCollections
import Tensors

/// The points of a save at which tests make things go wrong.
package enum SaveStep: Hashable, Sendable {
  case begun, laidOut, reserved
  /// The tensor of this index is about to be written.
  case tensor(Int)
  case written, closed, verified, synchronized, renamed
}

/// Writes a snapshot as a native checkpoint, published all at once (``Publication``).
///
/// HDF5 makes the structure and allocates the room, in a scratch file; the tensors' bytes, which are nearly everything, are
/// written from several threads straight into that room, and digested on the way. Before the file gets its name, it is opened anew and
/// verified: its structure and attributes are read and compared with what was meant, and every byte of every tensor is
/// read back and digested again, while the disk takes the bytes in. What is read back comes from the operating system's
/// cache: this finds every mistake of ours, of HDF5 and of the file system, but not a disk that loses what it has
/// confirmed; for that there are the digests, checked at every load.
package struct NativeWriter {
  /// Tensors are digested and written in pieces of this many bytes, so that the second use finds them in the cache.
  private static let piece = 1 << 20

  private let path: String
  private let probe: @Sendable (SaveStep) throws -> Void

  /// A writer of one file.
  package init(path: String, probe: @escaping @Sendable (SaveStep) throws -> Void = { _ in }) {
    self.path = path
    self.probe = probe
  }

  /// Writes everything. When this throws, the file that was there before is still there, unless only the very last step
  /// failed, bringing the new name to the disk.
  package func write(_ snapshot: Snapshot) throws {
    let entries = try NativeEncoder(snapshot, path: path).entries
    let publication = try Publication(of: path)
    do {
      try write(entries, to: publication)
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw explained(error, publication)
    }
  }

  private func write(_ entries: [H5Entry<Tensor>], to publication: Publication) throws {
    try probe(.begun)
    let file = publication.file
    var writer = try H5Writer(for: path)
    var tensors: [PlacedTensor] = []
    for entry in entries {
      guard let tensor = entry.content else {
        try writer.add(group: entry.path, attributes: entry.attributes)
        continue
      }
      let offset = try writer.add(
        dataset: entry.path, dtype: tensor.dtype, shape: tensor.shape, attributes: entry.attributes)
      tensors.append(PlacedTensor(place: entry.path, tensor: tensor, offset: offset))
    }
    try probe(.laidOut)
    try file.reserve(try writer.size())
    try probe(.reserved)
    let digests = try write(tensors, to: file)
    try probe(.written)
    let final = try describe(entries, digests, with: writer)
    try copy(try writer.close().file, around: tensors, to: file)
    try probe(.closed)
    try verify(final, tensors, publication)
    try probe(.synchronized)
    try publication.publish { try probe(.renamed) }
  }

  /// Writes the bytes of all tensors, the largest first.
  /// - Returns: The digest of each.
  private func write(_ tensors: [PlacedTensor], to file: OpenFile) throws -> [String] {
    let probe = probe
    return try Parallel.map(tensors, weight: \.tensor.byteCount) { index, placed in
      try probe(.tensor(index))
      return try Digest.of { digest in
        try placed.tensor.withUnsafeBytes { bytes in
          for start in stride(from: 0, to: bytes.count, by: Self.piece) {
            let end = min(start + Self.piece, bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            digest.update(piece)
            try file.write(piece, at: placed.offset + start)
            file.startWriting(piece.count, at: placed.offset + start)
          }
        }
      }
    }
  }

  /// Writes the digests.
  /// - Returns: The entries with them.
  private func describe(
    _ entries: [H5Entry<Tensor>], _ digests: [String], with writer: borrowing H5Writer
  ) throws -> [H5Entry<Tensor>] {
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

  /// Writes everything but the tensors' bytes.
  private func copy(_ scratch: OpenFile, around tensors: [PlacedTensor], to file: OpenFile) throws {
    let size = try scratch.size()
    var start = 0
    let ranges = tensors.map { $0.offset..<$0.offset + $0.tensor.byteCount }.filter { !$0.isEmpty }
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) + [size..<size] {
      let bytes = try scratch.prefix(range.lowerBound - start, at: start)
      try bytes.withUnsafeBytes { try file.write($0, at: start) }
      start = range.upperBound
    }
    try file.setSize(size)
  }

  /// Reads back what was written, while it goes to the disk.
  private func verify(
    _ entries: [H5Entry<Tensor>], _ tensors: [PlacedTensor], _ publication: Publication
  ) throws {
    let read = try H5File(publication.temporary)
    let found = try read.entries()
    // The digest stands for every path, type, shape and attribute.
    let meant = entries.first?.attributes[DigestAttribute.metadata]?.string
    let isSame = meant == MetadataDigest.of(found) { ($0.dtype, $0.shape) }
    guard isSame, found.compactMap(\.content).map({ $0.offset ?? 0 }) == tensors.map(\.offset) else {
      throw CheckpointError(
        .corrupt, path: path, "what was written reads back as something else; this is a defect of zoo or of the disk")
    }
    let stored = found.compactMap(\.content)
    // Item 0 is the disk, the others are the tensors.
    let file = publication.file
    try Parallel.forEach(stored.count + 1) { index in
      guard index > 0 else { return try file.synchronize() }
      try TensorReader.check(stored[index - 1], of: file)
    }
    try probe(.verified)
  }

  /// The error in terms of the file that the user meant, with what has become of it.
  private func explained(_ error: CheckpointError, _ publication: Publication) -> CheckpointError {
    var message = error.message
    if error.code == .noSpace, let free = Folder(path: FilePath.folder(of: publication.target)).freeBytes() {
      message += " (\(ByteCount.text(free)) are free)"
    }
    if FileStatus.exists(publication.target) { message += "; the checkpoint that was there before is unchanged" }
    return CheckpointError(error.code, path: path, message)
  }
}

/// A tensor, and where in the file its bytes belong.
private struct PlacedTensor: Sendable {
  let place: [String]
  let tensor: Tensor
  /// 0 for a tensor without bytes.
  let offset: Int

  init(place: [String], tensor: Tensor, offset: Int?) {
    self.place = place
    self.tensor = tensor
    self.offset = offset ?? 0
  }
}
