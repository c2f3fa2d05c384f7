import OrderedCollections
package import Tensors

/// Open safetensors files with the index that holds them together.
package struct SafetensorsIndexReader: FormatReader {
  /// Under this name a conversion carries along what an index says besides.
  static let metadataKey = "__index_metadata__"

  package let contents: FileContents
  private let path: String
  private let parts: [SafetensorsReader]
  /// For each tensor its part, and its place there.
  private let places: [(part: Int, index: Int)]
  private let index: SafetensorsIndex

  /// Opens an index and all files that it names; `nil` for JSON that is none.
  /// - Throws: ``CheckpointError``: names or links that lead out of the folder, files that are missing, and tensors that
  ///   are in a file and not in the index, or the other way round.
  package init?(recognizing path: String) throws {
    let file = try OpenFile(path, .read)
    guard let index = try SafetensorsIndex(of: file) else { return nil }
    let names = OrderedSet(index.files.values)
    // What is bounded for one file is bounded for all together.
    var (namesBytes, textBytes) = (0, 0)
    var parts: [SafetensorsReader] = []
    for name in names {
      let part = try SafetensorsReader(NeighbourFile.open(name, beside: path))
      namesBytes += part.contents.tensors.reduce(0) { $0 + $1.name.utf8.count + 64 }
      textBytes += part.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
      guard namesBytes <= 2 * SafetensorsHeader.mostNames, textBytes <= SafetensorsHeader.mostText else {
        throw CheckpointError(
          .refused, path: path, "the files of the index have more tensors or texts than this build reads together")
      }
      parts.append(part)
    }
    self.parts = parts
    var found: [String: (part: Int, index: Int)] = [:]
    var byteCount = try file.size()
    for (number, part) in parts.enumerated() {
      try part.checkReadable()
      byteCount += part.contents.byteCount
      for tensor in part.contents.tensors {
        guard index.files[tensor.name] == names[number] else {
          throw CheckpointError(
            .corrupt, path: path,
            "'\(tensor.name.terminalEscaped)' is in \(names[number].terminalEscaped), and the index does not say so; its files "
              + "are of several models")
        }
        found[tensor.name] = (number, tensor.index)
      }
    }
    var tensors: [StoredTensor] = []
    var places: [(part: Int, index: Int)] = []
    for (name, file) in index.files {
      guard let place = found[name] else {
        throw CheckpointError(
          .corrupt, path: path,
          "the index says that '\(name.terminalEscaped)' is in \(file.terminalEscaped), which does not have it")
      }
      let stored = parts[place.part].contents.tensors[place.index]
      tensors.append(StoredTensor(index: tensors.count, path: [name], dtype: stored.dtype, shape: stored.shape))
      places.append(place)
    }
    self.path = path
    self.index = index
    self.places = places
    let texts = parts.first?.metadata ?? [:]
    contents = FileContents(
      format: .safetensorsIndex, producer: index.metadata[SnapshotMetadata.key] == nil ? nil : "zoo",
      byteCount: byteCount,
      tensors: tensors,
      values: .dictionary([
        Value.Entry(.string("metadata"), Self.values(index.metadata)),
        Value.Entry(.string("files"), .list(names.map(Value.string))),
        Value.Entry(.string(SafetensorsReader.metadataKey), SafetensorsReader.values(texts)),
      ]))
  }

  private static func values(_ metadata: OrderedDictionary<String, JSONValue>) -> Value {
    let texts = metadata.compactMapValues { json in json.string }
    let own = SafetensorsReader.values(texts.filter { $0.key == SnapshotMetadata.key })
    return .dictionary(
      metadata.map { key, json in
        Value.Entry(.string(key), key == SnapshotMetadata.key ? own[key] ?? Value(json) : Value(json))
      })
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try parts[places[index].part].read(places[index].index, verifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { true }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let place = places[index]
    try parts[place.part].stream(place.index, verifying: isVerifying, body)
  }

  package func view(_ index: Int) throws -> Tensor { try parts[places[index].part].view(places[index].index) }

  package func snapshot() throws -> LazySnapshot {
    let sources = OrderedDictionary(uniqueKeysWithValues: contents.tensors.map { ($0.name, source($0.index)) })
    let texts = index.metadata.compactMapValues { json in json.string }
    var snapshot = try SnapshotMetadata.snapshot(text: texts[SnapshotMetadata.key], tensors: sources, path: path)
    ForeignTexts.add(
      texts.filter { $0.key != SnapshotMetadata.key }, as: Self.metadataKey, to: &snapshot)
    ForeignTexts.add(parts.first?.metadata ?? [:], as: SafetensorsReader.metadataKey, to: &snapshot)
    return snapshot
  }
}
