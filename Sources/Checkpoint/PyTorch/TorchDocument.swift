import OrderedCollections
import Tensors

/// A file of PyTorch after its pickle was read, whatever the container: its values, its tensors and what they mean.
struct TorchDocument: Sendable {
  let contents: FileContents
  let tensors: TorchTensorReader
  private let checkpoint: TorchCheckpoint
  private let path: String
  private let zoo: String?

  /// Puts a document together.
  /// - Parameters:
  ///   - graph: The pickle.
  ///   - vocabulary: What is known of its outside.
  ///   - zoo: What zoo wrote beside the pickle.
  ///   - warnings: What was noticed of the container.
  ///   - bytes: Gives the place of a storage's bytes, and throws when they are not those that it should have.
  init(
    _ graph: PickleGraph, vocabulary: TorchVocabulary, of file: OpenFile, archive: ZipArchive? = nil,
    format: CheckpointFormat, producer: String?, isBigEndian: Bool = false, hasChecksums: Bool = false,
    zoo: String? = nil, warnings: [String] = [],
    bytes: (TorchStorage) throws -> TorchTensorReader.Bytes
  ) throws {
    var values = PickleValues(graph, vocabulary: vocabulary)
    let root = try values.root()
    let vocabulary = values.vocabulary
    let checkpoint = TorchCheckpoint(
      root, vocabulary.tensors, versions: vocabulary.moduleVersions,
      isOwn: zoo != nil || TorchCheckpoint.isOwn(root))
    let names = checkpoint.names
    tensors = try TorchTensorReader(
      file: file, archive: archive, vocabulary: vocabulary, bytes: try vocabulary.storages.map(bytes),
      pickle: graph.source, isBigEndian: isBigEndian, hasChecksums: hasChecksums
    ) { index, path in names[index] ?? (path.isEmpty ? "tensor" : path.joined(separator: ".")) }
    contents = FileContents(
      format: format, producer: producer, byteCount: try file.size(), tensors: tensors.stored, values: root,
      warnings: warnings + values.warnings + vocabulary.warnings + checkpoint.warnings)
    self.checkpoint = checkpoint
    path = file.path
    self.zoo = zoo
  }

  /// What the file means.
  func snapshot(_ source: (Int) -> TensorSource) throws -> LazySnapshot {
    try checkpoint.snapshot(zoo: zoo, path: path, source)
  }
}
