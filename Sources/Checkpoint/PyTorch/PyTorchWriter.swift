import OrderedCollections
import Tensors

/// Writes PyTorch's zip format, as `torch.save` of PyTorch 2 does: `torch.load(weights_only=True)` opens it, and gives the
/// same bits.
///
/// Records come in PyTorch's order, stored, each at a multiple of 64 bytes, and with its checksum. What PyTorch's scripts
/// have no place for, such as the architecture and class names, is a dictionary of plain values under `zoo`, or, where the
/// file is a state dict alone, a record of its own, `zoo.json`, which PyTorch passes over.
///
/// `torch.load` refuses checksums and sizes that are wrong in headers, but looks at no checksum of a tensor. We do.
package struct PyTorchWriter: FormatWriter {
  /// The folder in the archive: PyTorch takes the file's name, and any name is as good. With this one, the same contents
  /// make the same file.
  private static let folder = "archive/"

  /// A writer.
  package init(_ options: WritingOptions = WritingOptions()) {}

  package func losses(of snapshot: LazySnapshot) -> [Loss] {
    TorchPickling(snapshot, metadata: nil).losses
  }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    let metadata = Self.metadata(of: snapshot)
    let json = try metadata.map { try JSONValue(parsing: $0) }
    let pickling = TorchPickling(snapshot, metadata: json)
    let publication = try Publication(of: path)
    do {
      let note = TorchPickling.isBare(snapshot) ? metadata : nil
      try Self.write(pickling, note: note, to: publication.file)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }

  /// Everything but tensors, others, and what PyTorch has a place for, as text; `nil` for nothing.
  private static func metadata(of snapshot: LazySnapshot) -> String? {
    var alone = LazySnapshot(net: [:])
    alone.metadata = snapshot.metadata
    alone.metadata.moduleVersions = [:]
    return SnapshotMetadata(of: alone, isTaken: { _ in false }).text
  }

  /// Writes all records, and reads them back while the disk takes them in.
  private static func write(_ pickling: TorchPickling, note: String?, to file: OpenFile) throws {
    let writer = ZipWriter(to: file, style: .pytorch)
    try file.reserve(pickling.tensors.reduce(pickling.pickle.count) { $0 + $1.byteCount + 256 } + 4096)
    try writer.add(folder + "data.pkl", pickling.pickle)
    try writer.add(folder + ".format_version", "1".utf8)
    try writer.add(folder + ".storage_alignment", "64".utf8)
    try writer.add(folder + "byteorder", "little".utf8)
    let places = try pickling.tensors.enumerated().map { index, tensor in
      try writer.place(folder + "data/\(index)", byteCount: tensor.byteCount)
    }
    let placements = zip(pickling.tensors, places).map { TensorPlacement(source: $0, offset: $1.offset) }
    let sums = try file.write(placements)
    for (place, sum) in zip(places, sums) { writer.set(sum, of: place) }
    if let note { try writer.add(folder + "zoo.json", note.utf8) }
    try writer.add(folder + "version", "3\n".utf8)
    try writer.add(folder + ".data/serialization_id", serializationID(pickling.pickle, sums).utf8)
    try file.setSize(try writer.finish())
    try checkHeaders(of: file, placements, sums)
    try file.synchronize(checking: placements, against: sums)
  }

  /// Forty digits that are the same for the same contents, as PyTorch makes them of names and checksums.
  private static func serializationID(_ pickle: [UInt8], _ sums: [UInt32]) -> String {
    var sum = CRC32()
    pickle.withUnsafeBytes { sum.update($0) }
    let names = sum.value
    for part in sums { withUnsafeBytes(of: part.littleEndian) { sum.update($0) } }
    func digits(_ number: UInt32) -> String {
      let text = String(number)
      return String(repeating: "0", count: 20 - text.count) + text
    }
    return digits(names) + digits(sum.value)
  }

  /// Opens the archive as a stranger would: tensors are where they should be, and everything else is what was written.
  private static func checkHeaders(of file: OpenFile, _ tensors: [TensorPlacement], _ sums: [UInt32]) throws {
    let archive = try ZipArchive(file)
    for (index, (tensor, sum)) in zip(tensors, sums).enumerated() {
      guard let entry = archive.entry(folder + "data/\(index)"), entry.offset == tensor.offset,
        entry.byteCount == tensor.source.byteCount, entry.crc == sum
      else { throw OpenFile.isAnother(file.path) }
    }
    for entry in archive.entries where !entry.name.hasPrefix(folder + "data/") { try archive.check(entry) }
  }
}
