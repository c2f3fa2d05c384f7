import OrderedCollections
import Tensors

/// A safetensors file before it is written: its header, and where each tensor belongs.
struct SafetensorsLayout {
  /// The header with its length in front.
  let header: [UInt8]
  /// The tensors with their places, in the order of their bytes.
  let tensors: [TensorPlacement]
  /// The bytes of the file.
  let byteCount: Int

  /// Lays tensors out as the peer's writer does: larger elements first, so that all are aligned, and then by name. The
  /// table lists them in their own order, which no reader minds.
  /// - Throws: ``CheckpointError/Code/invalid`` for a header longer than readers take.
  init(
    _ tensors: OrderedDictionary<String, TensorSource>, metadata: OrderedDictionary<String, String>, path: String
  ) throws {
    let sorted = tensors.elements.sorted { first, second in
      first.value.dtype != second.value.dtype
        ? SafetensorsType.rank(first.value.dtype) > SafetensorsType.rank(second.value.dtype)
        : first.key.utf8.lexicographicallyPrecedes(second.key.utf8)
    }
    var ranges: [String: Range<Int>] = [:]
    var end = 0
    for (name, source) in sorted {
      ranges[name] = end..<end + source.byteCount
      end += source.byteCount
    }
    // Put together as text: all of it as a value would take several times as much.
    var json = Array("{".utf8)
    func add(_ key: String, _ value: JSONValue) {
      if json.count > 1 { json.append(UInt8(ascii: ",")) }
      json += "\(JSONValue.string(key).text()):\(value.text())".utf8
    }
    if !metadata.isEmpty { add(SafetensorsReader.metadataKey, .object(metadata.mapValues(JSONValue.string))) }
    for (name, source) in tensors {
      guard let type = SafetensorsType.name(source.dtype), let range = ranges[name],
        name != SafetensorsReader.metadataKey || metadata.isEmpty
      else {
        throw CheckpointError(
          .invalid, path: path, "the tensor '\(name.terminalEscaped)' cannot be stored in safetensors under this name")
      }
      add(
        name,
        [
          "dtype": .string(type), "shape": .array(source.shape.dimensions.map(JSONValue.integer)),
          "data_offsets": [.integer(range.lowerBound), .integer(range.upperBound)],
        ])
    }
    json.append(UInt8(ascii: "}"))
    json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    guard json.count <= SafetensorsHeader.longest else {
      throw CheckpointError(
        .invalid, path: path,
        "the header would have \(ByteCount.text(json.count)), and zoo reads up to "
          + ByteCount.text(SafetensorsHeader.longest))
    }
    var header: [UInt8] = []
    header.append(littleEndian: UInt64(json.count))
    self.header = header + json
    let start = 8 + json.count
    self.tensors = sorted.map { TensorPlacement(source: $0.value, offset: start + (ranges[$0.key]?.lowerBound ?? 0)) }
    byteCount = start + end
  }

  /// Writes everything into an empty file and brings it to the disk, read back and compared.
  func write(to publication: Publication) throws {
    let file = publication.file
    try file.reserve(byteCount)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
    let sums = try file.write(tensors)
    try file.setSize(byteCount)
    guard try file.prefix(header.count) == header, try file.size() == byteCount else {
      throw OpenFile.isAnother(file.path)
    }
    try file.synchronize(checking: tensors, against: sums)
  }
}
