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
      let places = try Self.write(pickling, note: note, to: publication.file)
      try Self.verify(publication.file, places)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }

  /// Everything but tensors, others, and what PyTorch has a place for, as text; `nil` for nothing.
  private static func metadata(of snapshot: LazySnapshot) -> String? {
    var alone = LazySnapshot(net: [:])
    alone.metadata = snapshot.metadata
    return SnapshotMetadata(of: alone, isTaken: { _ in false }).text
  }

  private static func write(
    _ pickling: TorchPickling, note: String?, to file: OpenFile
  ) throws -> [(place: ZipWriter.Place, crc: UInt32)] {
    let writer = ZipWriter(to: file, style: .pytorch)
    let tensors = pickling.tensors
    try file.reserve(tensors.reduce(pickling.pickle.count) { $0 + $1.byteCount + 256 } + 4096)
    try writer.add(folder + "data.pkl", pickling.pickle)
    try writer.add(folder + ".format_version", "1".utf8)
    try writer.add(folder + ".storage_alignment", "64".utf8)
    try writer.add(folder + "byteorder", "little".utf8)
    var places: [ZipWriter.Place] = []
    for (index, tensor) in tensors.enumerated() {
      places.append(try writer.place(folder + "data/\(index)", byteCount: tensor.byteCount))
    }
    let checksums = try write(tensors, to: places, of: file)
    for (place, crc) in zip(places, checksums) { writer.set(crc, of: place) }
    if let note { try writer.add(folder + "zoo.json", note.utf8) }
    try writer.add(folder + "version", "3\n".utf8)
    try writer.add(folder + ".data/serialization_id", serializationID(pickling.pickle, checksums).utf8)
    try file.setSize(try writer.finish())
    return Array(zip(places, checksums))
  }

  /// Writes the bytes of all tensors, a few at a time.
  /// - Returns: The checksum of each.
  private static func write(
    _ tensors: [TensorSource], to places: [ZipWriter.Place], of file: OpenFile
  ) throws -> [UInt32] {
    var checksums: [UInt32] = []
    for batch in TensorBatches.of(tensors) {
      checksums += try Parallel.map(Array(batch), weight: { tensors[$0].byteCount }) { _, index in
        try tensors[index].tensor().withUnsafeBytes { try file.writeChecksummed($0, at: places[index].offset) }
      }
    }
    return checksums
  }

  /// Forty digits that are the same for the same contents, as PyTorch makes them of names and checksums.
  private static func serializationID(_ pickle: [UInt8], _ checksums: [UInt32]) -> String {
    var sum = CRC32()
    pickle.withUnsafeBytes { sum.update($0) }
    let names = sum.value
    for checksum in checksums { withUnsafeBytes(of: checksum.littleEndian) { sum.update($0) } }
    func digits(_ number: UInt32) -> String {
      let text = String(number)
      return String(repeating: "0", count: 20 - text.count) + text
    }
    return digits(names) + digits(sum.value)
  }

  /// Reads back what was written, while it goes to the disk.
  private static func verify(_ file: OpenFile, _ places: [(place: ZipWriter.Place, crc: UInt32)]) throws {
    let archive = try ZipArchive(file)
    for (index, (place, crc)) in places.enumerated() {
      let entry = archive.entry(folder + "data/\(index)")
      guard let entry, entry.offset == place.offset, entry.byteCount == place.byteCount, entry.crc == crc else {
        throw CheckpointError(
          .corrupt, path: file.path,
          "what was written reads back as something else; this is a defect of zoo or of the disk")
      }
    }
    // Item 0 is the disk, the others are the records.
    try Parallel.forEach(archive.entries.count + 1) { index in
      guard index > 0 else { return try file.synchronize() }
      try archive.check(archive.entries[index - 1])
    }
  }
}
