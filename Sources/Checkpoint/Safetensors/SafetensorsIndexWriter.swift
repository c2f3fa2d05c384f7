import OrderedCollections
import Tensors

/// Writes safetensors in several files with an index.
///
/// The files are called after what they hold (`model-1f0c9a3e-00001-of-00003.safetensors`): new ones never replace those of
/// the index that is there, which stays whole until the new index takes its name in one step, at the very end. The files
/// that only the old index named are removed after that, when zoo had written them.
package struct SafetensorsIndexWriter: FormatWriter {
  /// The bytes of the tensors of one file, unless one alone has more.
  private let partByteCount: Int

  /// How large files become when nothing is said: what the Hugging Face hub recommends.
  static let usualByteCount = 5_000_000_000

  /// A writer.
  package init(_ options: WritingOptions = WritingOptions()) {
    partByteCount = options.shardByteCount ?? Self.usualByteCount
  }

  package func losses(of snapshot: LazySnapshot) -> [Loss] { SafetensorsPlan(snapshot).losses }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    var snapshot = snapshot
    let texts = ForeignTexts.take(SafetensorsReader.metadataKey, from: &snapshot)
    let more = ForeignTexts.take(SafetensorsIndexReader.metadataKey, from: &snapshot)
    let plan = SafetensorsPlan(snapshot)
    let parts = parts(of: plan.tensors)
    let stem = Self.stem(of: path)
    let folder = Folder(path: FilePath.folder(of: path))
    var index = SafetensorsIndex()
    index.metadata = OrderedDictionary(uniqueKeysWithValues: more.map { ($0.key, JSONValue.string($0.value)) })
    index.metadata["total_size"] = .integer(plan.tensors.values.reduce(0) { $0 + $1.byteCount })
    index.metadata[SnapshotMetadata.key] = plan.metadata[SnapshotMetadata.key].map(JSONValue.string)
    let label = try Self.label(of: plan)
    let names = parts.indices.map {
      "\(stem)-\(label)-\(Self.digits($0 + 1))-of-\(Self.digits(parts.count)).safetensors"
    }
    for (part, name) in zip(parts, names) {
      for tensor in part.keys { index.files[tensor] = name }
    }
    // The index lists the tensors in their own order.
    index.files = OrderedDictionary(uniqueKeysWithValues: plan.tensors.keys.map { ($0, index.files[$0] ?? "") })
    let old = (try? OpenFile(path, .read)).flatMap { try? SafetensorsIndex(of: $0) }
    // What a writer that was killed left of other contents.
    for path in Publication.abandoned(prefix: ".\(stem)-", in: folder)
    where Self.isTemporary(path, stem: stem) {
      folder.remove(FilePath.name(of: path))
    }
    // No file has its name before all of them are on the disk.
    let publications = try zip(parts, names).map { try write($0, texts, to: folder.appending($1)) }
    let added = names.filter { !FileStatus.exists(folder.appending($0)) }
    do {
      for publication in publications { try publication.publish() }
      try Publication.write(index.text, to: path)
    } catch {
      for name in added { folder.remove(name) }
      throw error
    }
    Self.remove(Set((old?.files.values).map(Array.init) ?? []).subtracting(names), stem: stem, in: folder)
  }

  /// Writes a file, and leaves it to the caller to give it its name.
  private func write(
    _ tensors: OrderedDictionary<String, TensorSource>, _ texts: OrderedDictionary<String, String>, to path: String
  ) throws -> Publication {
    let layout = try SafetensorsLayout(tensors, metadata: texts, path: path)
    let publication = try Publication(of: path)
    do {
      try layout.write(to: publication)
      guard try SafetensorsReader(publication.temporary).contents.tensors.map(\.name) == Array(tensors.keys) else {
        throw OpenFile.isAnother(path)
      }
      return publication
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }

  /// The tensors divided in order.
  private func parts(of tensors: OrderedDictionary<String, TensorSource>) -> [OrderedDictionary<String, TensorSource>] {
    var parts: [OrderedDictionary<String, TensorSource>] = [[:]]
    var byteCount = 0
    for (name, source) in tensors {
      if byteCount > 0, source.byteCount > partByteCount - min(byteCount, partByteCount) {
        parts.append([:])
        byteCount = 0
      }
      parts[parts.count - 1][name] = source
      byteCount += source.byteCount
    }
    return parts
  }

  /// `model` for `out/model.safetensors.index.json`.
  private static func stem(of path: String) -> String {
    var name = FilePath.name(of: path)
    for suffix in [".json", ".index", ".safetensors"] where name.hasSuffix(suffix) && name.count > suffix.count {
      name = String(name.dropLast(suffix.count))
    }
    return name
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Eight digits that stand for the tensors' names, types, shapes and bytes.
  private static func label(of plan: SafetensorsPlan) throws -> String {
    var sums: [UInt32] = []
    let sources = Array(plan.tensors.values)
    for batch in TensorBatches.of(sources) {
      sums += try Parallel.map(Array(sources[batch]), weight: \.byteCount) { _, source in
        var sum = CRC32()
        try source.forEachPiece { sum.update($0) }
        return sum.value
      }
    }
    var digest = CRC32()
    for ((name, source), sum) in zip(plan.tensors, sums) {
      let text = "\(name)\0\(source.dtype.rawValue)\0\(source.shape)\0\(sum)\0"
      Array(text.utf8).withUnsafeBytes { digest.update($0) }
    }
    let digits = String(digest.value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Removes files that the index no longer names, and that bear the names that are given here.
  private static func remove(_ names: Set<String>, stem: String, in folder: Folder) {
    for name in names where isPart(name, stem: stem) { folder.remove(name) }
  }

  /// Whether a name is one that is given here.
  private static func isPart(_ name: String, stem: String) -> Bool {
    guard name.hasPrefix(stem + "-"), name.hasSuffix(".safetensors") else { return false }
    let middle = name.dropFirst(stem.count + 1).dropLast(".safetensors".count).split(separator: "-")
    return middle.count == 4 && middle[0].count == 8 && UInt32(middle[0], radix: 16) != nil && middle[2] == "of"
  }

  /// Whether the path is that of such a file before it got its name: `.model-1f0c9a3e-00001-of-00003.safetensors.x1.tmp`.
  private static func isTemporary(_ path: String, stem: String) -> Bool {
    let name = FilePath.name(of: path).split(separator: ".").dropLast(2).joined(separator: ".")
    return isPart(name, stem: stem)
  }
}
