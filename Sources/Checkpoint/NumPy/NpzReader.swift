import OrderedCollections
package import Tensors

/// An open archive of numpy arrays (`.npz`).
package struct NpzReader: FormatReader {
  /// In the text: the element types that numpy has no names for, by tensor.
  static let typesKey = "dtypes"
  /// In the text: the real names of members that bear others.
  static let namesKey = "names"

  /// A longer text is not read.
  private static let longestText = SnapshotMetadata.longestText

  package let contents: FileContents
  private let archive: ZipArchive
  private let arrays: [(entry: ZipEntry, array: NpyArray)]
  /// Why arrays cannot be read.
  private let unreadable: [String]
  private let text: String?
  private let mapped: MappedFile

  /// Opens a zip archive; `nil` when it is none of numpy's.
  package init?(recognizing path: String) throws {
    let archive = try ZipArchive(OpenFile(path, .read))
    let isArray = { (entry: ZipEntry) in entry.name.hasSuffix(NpzNames.suffix) }
    guard archive.entries.isEmpty || archive.entries.contains(where: { isArray($0) || $0.name == NpzNames.text }) else {
      return nil
    }
    text = try archive.entry(NpzNames.text).map { try Self.text(of: $0, in: archive) }
    let notes = text.flatMap(SnapshotMetadata.value)
    var tensors: [StoredTensor] = []
    var arrays: [(entry: ZipEntry, array: NpyArray)] = []
    var (unreadable, left): ([String], [String]) = ([], [])
    for entry in archive.entries where !entry.isFolder && entry.name != NpzNames.text {
      guard isArray(entry) else {
        left.append("the member \(entry.label) is left out: it is no array")
        continue
      }
      let member = String(entry.name.dropLast(NpzNames.suffix.count))
      let name = notes?[Self.namesKey]?[member]?.string ?? member
      let note = notes?[Self.typesKey]?[name]?.string.flatMap(DType.init(rawValue:))
      do {
        let array = try Self.array(of: entry, in: archive, note: note)
        let isPlain = array.isPlain && entry.method == .stored && array.shape.count > 0
        tensors.append(
          StoredTensor(
            index: tensors.count, path: [name], dtype: array.dtype, shape: array.shape,
            offset: isPlain ? entry.offset + array.header.byteCount : nil))
        arrays.append((entry, array))
      } catch let refusal as NpyType.Refusal {
        unreadable.append("'\(name.terminalEscaped)' is left out: \(refusal.reason)")
      }
    }
    if let twice = OrderedSet(tensors.map(\.name)).count == tensors.count ? nil : Self.twice(tensors) {
      throw CheckpointError(.corrupt, path: path, "two arrays of the archive are called '\(twice.terminalEscaped)'")
    }
    self.archive = archive
    self.arrays = arrays
    self.unreadable = unreadable
    mapped = try MappedFile(archive.file)
    contents = FileContents(
      format: .npz, producer: text == nil ? nil : "zoo", byteCount: try archive.file.size(), tensors: tensors,
      values: notes.map { Value($0) } ?? .dictionary([]), warnings: unreadable + left)
  }

  private static func twice(_ tensors: [StoredTensor]) -> String? {
    var seen: Set<String> = []
    return tensors.first { !seen.insert($0.name).inserted }?.name
  }

  private static func text(of entry: ZipEntry, in archive: ZipArchive) throws -> String {
    let bytes = try archive.bytes(of: entry, atMost: longestText)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CheckpointError(.corrupt, path: archive.file.path, "the member \(entry.label) is not UTF-8")
    }
    return text
  }

  private static func array(of entry: ZipEntry, in archive: ZipArchive, note: DType?) throws -> NpyArray {
    let label = "the array \(entry.label)"
    func prefix(_ count: Int) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: min(count, entry.byteCount))
      try bytes.withUnsafeMutableBytes { try archive.read(entry, at: 0, into: $0) }
      return bytes
    }
    // Nearly all headers have 128 bytes.
    var bytes = try prefix(128)
    let count = try NpyHeader.byteCount(bytes, label: label, path: archive.file.path)
    if count > bytes.count { bytes = try prefix(count) }
    let header = try NpyHeader(bytes, label: label, path: archive.file.path)
    return try NpyArray(header, note: note, byteCount: entry.byteCount, label: label, path: archive.file.path)
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    let (entry, array) = arrays[index]
    return try array.tensor {
      try archive.read(entry, after: array.header.byteCount, into: $0, verifying: isVerifying)
    } pieces: {
      try archive.forEachPiece(of: entry, after: array.header.byteCount, verifying: isVerifying, $0)
    }
  }

  package func isStreamed(_ index: Int) -> Bool { contents.tensors[index].offset != nil }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let (entry, array) = arrays[index]
    try archive.stream(entry, after: array.header.byteCount, verifying: isVerifying, body)
  }

  package func view(_ index: Int) throws -> Tensor {
    contents.tensors[index].offset == nil ? try read(index, verifying: false) : mapped.tensor(contents.tensors[index])
  }

  package func snapshot() throws -> LazySnapshot {
    guard unreadable.isEmpty else {
      throw CheckpointError(
        .unsupported, path: archive.file.path,
        "the archive holds arrays that zoo has no type for: " + unreadable.prefix(20).joined(separator: ", "))
    }
    let sources = OrderedDictionary(uniqueKeysWithValues: contents.tensors.map { ($0.name, source($0.index)) })
    return try SnapshotMetadata.snapshot(text: text, tensors: sources, path: archive.file.path)
  }
}
