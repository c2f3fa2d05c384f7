import OrderedCollections
package import Tensors

/// An open safetensors file.
package struct SafetensorsReader: FormatReader {
  /// The name of the texts beside the tensors.
  static let metadataKey = "__metadata__"

  package let contents: FileContents
  /// The texts beside the tensors.
  let metadata: OrderedDictionary<String, String>
  /// The tensors whose elements are of types that tensors do not have here, with those types.
  let unreadable: [String]
  private let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file and reads its table of contents.
  /// - Throws: ``CheckpointError``: a table that contradicts itself or the file.
  package init(_ path: String) throws { try self.init(OpenFile(path, .read)) }

  init(_ file: OpenFile) throws {
    let header = try SafetensorsHeader(of: file)
    var tensors: [StoredTensor] = []
    var unreadable: [String] = []
    for entry in header.entries {
      guard let dtype = SafetensorsType.dtype(entry.type) else {
        unreadable.append("'\(entry.name.terminalEscaped)' (\(entry.type))")
        continue
      }
      let offset = header.dataOffset + entry.range.lowerBound
      tensors.append(
        StoredTensor(
          index: tensors.count, path: [entry.name], dtype: dtype, shape: Shape(entry.shape),
          offset: entry.range.isEmpty ? nil : offset))
    }
    self.file = file
    self.unreadable = unreadable
    metadata = header.metadata
    mapped = try MappedFile(file)
    contents = FileContents(
      format: .safetensors, producer: metadata[SnapshotMetadata.key] == nil ? nil : "zoo", byteCount: try file.size(),
      tensors: tensors, values: Self.values(metadata),
      warnings: unreadable.map { "the tensor \($0) is left out: zoo has no such element type" })
  }

  /// The texts to look at, ours as what it says.
  static func values(_ metadata: OrderedDictionary<String, String>) -> Value {
    .dictionary(
      metadata.map { key, text in
        let own = key == SnapshotMetadata.key ? SnapshotMetadata.value(of: text) : nil
        return Value.Entry(.string(key), own.map { Value($0) } ?? .string(text))
      })
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    let stored = contents.tensors[index]
    return try Tensor(stored.shape, dtype: stored.dtype) { bytes in
      // Safetensors has no checksums.
      _ = try file.read(into: bytes, at: stored.offset ?? 0, isChecksummed: false)
    }
  }

  package func isStreamed(_ index: Int) -> Bool { true }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let stored = contents.tensors[index]
    try file.forEachPiece(of: stored.byteCount, at: stored.offset ?? 0, body)
  }

  package func view(_ index: Int) throws -> Tensor { mapped.tensor(contents.tensors[index]) }

  package func snapshot() throws -> LazySnapshot {
    try checkReadable()
    let sources = OrderedDictionary(uniqueKeysWithValues: contents.tensors.map { ($0.name, source($0.index)) })
    return try Self.snapshot(of: sources, metadata, path: file.path)
  }

  /// Refuses to leave out tensors that cannot be read.
  func checkReadable() throws {
    guard unreadable.isEmpty else {
      throw CheckpointError(
        .unsupported, path: file.path,
        "zoo has no type for the elements of \(unreadable.count == 1 ? "a tensor" : "\(unreadable.count) tensors"): "
          + unreadable.prefix(20).joined(separator: ", "))
    }
  }

  /// The snapshot of tensors and texts.
  static func snapshot(
    of sources: OrderedDictionary<String, TensorSource>, _ metadata: OrderedDictionary<String, String>, path: String
  ) throws -> LazySnapshot {
    var metadata = metadata
    let text = metadata.removeValue(forKey: SnapshotMetadata.key)
    var snapshot = try SnapshotMetadata.snapshot(text: text, tensors: sources, path: path)
    ForeignTexts.add(metadata, as: metadataKey, to: &snapshot)
    return snapshot
  }
}
