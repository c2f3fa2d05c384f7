import OrderedCollections
import Synchronization
package import Tensors

/// An open archive of a whole model of Keras 3 (`.keras`): a zip of its configuration and its weights. The configuration is
/// shown, and nothing in it is made.
package struct KerasArchiveReader: FormatReader {
  package let contents: FileContents
  private let weights: KerasReader
  private let archive: ZipArchive
  private let entry: ZipEntry
  private let checked = CheckedOnce()

  private static let weightsName = "model.weights.h5"
  private static let configurationName = "config.json"
  private static let metadataName = "metadata.json"
  private static let longestText = SnapshotMetadata.longestText

  /// Opens a zip archive; `nil` when it is none of Keras.
  init?(recognizing path: String) throws {
    let archive = try ZipArchive(OpenFile(path, .read))
    guard let entry = archive.entry(Self.weightsName) else { return nil }
    guard entry.method == .stored else {
      throw CheckpointError(
        .unsupported, path: path,
        "\(entry.label) in the archive is compressed, and Keras stores it; unpack the archive and convert that file")
    }
    let source = try H5Source(archive.file, path: path, at: entry.offset, count: entry.byteCount)
    let configuration = try Self.json(Self.configurationName, archive)
    let metadata = try Self.json(Self.metadataName, archive)
    let layers = configuration?["config"]?["layers"]?.array?.compactMap { $0["config"]?["name"]?.string } ?? []
    weights = try KerasReader(source, KerasFile.format(source) ?? .kerasWeights, layers: layers)
    let texts = [(Self.metadataName, metadata), (Self.configurationName, configuration)]
    let entries = texts.compactMap { name, json in json.map { Value.Entry(.string(name), Value($0)) } }
    let producer = metadata?["keras_version"]?.string.map { "keras \($0)" } ?? weights.contents.producer
    let file = weights.contents
    contents = FileContents(
      format: .kerasArchive, producer: producer, byteCount: try archive.file.size(), tensors: file.tensors,
      values: .dictionary((weights.contents.values.entries ?? []) + entries), warnings: file.warnings)
    self.archive = archive
    self.entry = entry
  }

  /// A text of the archive; `nil` when it is not there or no JSON.
  private static func json(_ name: String, _ archive: ZipArchive) throws -> JSONValue? {
    guard let text = archive.entry(name) else { return nil }
    return try? JSONValue(parsing: String(decoding: try archive.bytes(of: text, atMost: longestText), as: UTF8.self))
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    if isVerifying { try checked.run { try archive.check(entry) } }
    return try weights.read(index, verifying: isVerifying)
  }

  package func view(_ index: Int) throws -> Tensor { try weights.view(index) }

  package func snapshot() throws -> LazySnapshot {
    var snapshot = try weights.snapshot()
    // Whoever reads a tensor of the archive wants the checksum of the archive checked.
    let (archive, entry, checked) = (archive, entry, checked)
    func checking(_ source: TensorSource) -> TensorSource {
      TensorSource(
        source.shape, dtype: source.dtype,
        accessing: { access in
          if access == .verified { try checked.run { try archive.check(entry) } }
          return try source.tensor(access)
        })
    }
    snapshot.net = snapshot.net.mapValues(checking)
    snapshot.otherTensors = snapshot.otherTensors.mapValues(checking)
    snapshot.optimizerState = snapshot.optimizerState.mapValues { $0.mapValues(checking) }
    return snapshot
  }
}

/// A check that is made once, whoever asks first; the others wait.
final class CheckedOnce: Sendable {
  private let isDone = Mutex(false)

  /// Makes the check, unless it has been made with success.
  func run(_ check: () throws -> Void) throws {
    try isDone.withLock { isDone in
      if isDone { return }
      try check()
      isDone = true
    }
  }
}
