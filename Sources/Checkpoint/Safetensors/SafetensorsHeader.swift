import OrderedCollections
import Tensors

/// The table of contents of a safetensors file: what it says, held against the file.
///
/// A header of 8 bytes for its length and so much JSON, `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0,
/// 24]}, …, "__metadata__": {"key": "text"}}`; then the bytes of all tensors without holes.
struct SafetensorsHeader {
  /// A tensor of the table.
  struct Entry {
    /// What it is called.
    let name: String
    /// Its element type's name.
    var type = ""
    /// Its extents.
    var shape: [Int] = []
    /// Its bytes, counted from the first behind the header.
    var range = 0..<0
  }

  /// The longest header that is read. The format allows 100,000,000 bytes; this is 760 for each of the most tensors.
  static let longest = 25_000_000
  /// The bytes of all names together that are read at most.
  static let mostNames = 8 << 20
  /// More tensors than this are not read.
  static let mostTensors = TensorCount.most
  /// More axes than this are not read: numpy's limit, and PyTorch's.
  static let mostAxes = 64
  /// More text than this is not read.
  static let mostText = SnapshotMetadata.longestText + (1 << 20)

  /// All tensors, in the order of the table.
  private(set) var entries: [Entry] = []
  /// The texts beside them.
  private(set) var metadata: OrderedDictionary<String, String> = [:]
  /// Where the tensors' bytes begin in the file.
  let dataOffset: Int
  private let path: String

  /// Reads the header of a file.
  init(of file: OpenFile) throws {
    path = file.path
    let size = try file.size()
    let prefix = try file.prefix(9)
    guard prefix.count == 9, let length = Int(exactly: prefix.littleEndian(0, as: UInt64.self)) else {
      throw CheckpointError(.truncated, path: path, "a safetensors file has at least 10 bytes, and this has \(size)")
    }
    guard length <= Self.longest else {
      throw CheckpointError(
        .refused, path: path, "the header claims \(length) bytes; this build reads headers of up to \(Self.longest)")
    }
    guard length <= size - 8 else {
      throw CheckpointError(
        .truncated, path: path, "the header claims \(length) bytes, and the file ends after \(size - 8) of them")
    }
    guard prefix[8] == UInt8(ascii: "{") else {
      throw CheckpointError(.corrupt, path: path, "the header does not begin with '{'; use another copy of the file")
    }
    dataOffset = 8 + length
    // Mapped, so that a large header takes no memory.
    let mapped = try MappedFile(file)
    guard mapped.bytes.count >= dataOffset else {
      throw CheckpointError(.truncated, path: path, "the file became shorter while it was read")
    }
    do {
      try parse(UnsafeRawBufferPointer(rebasing: mapped.bytes[8..<dataOffset]))
    } catch let error as CheckpointError where error.path.isEmpty {
      throw CheckpointError(
        .corrupt, path: path, "the header is damaged: \(error.message); use another copy of the file")
    }
    try checkRanges(byteCount: size - dataOffset)
  }

  private mutating func parse(_ bytes: UnsafeRawBufferPointer) throws {
    var names: Set<String> = []
    var nameBytes = 0
    var hasMetadata = false
    var header = (entries: [Entry](), metadata: OrderedDictionary<String, String>())
    let path = path
    var parser = JSONParser(bytes: bytes)
    try parser.members { parser, name in
      if name == "__metadata__" {
        guard !hasMetadata else { throw parser.error("'__metadata__' stands twice") }
        hasMetadata = true
        header.metadata = try Self.metadata(&parser, path: path)
        return
      }
      guard names.insert(name).inserted else {
        throw parser.error("there are two tensors called '\(name.terminalEscaped)'")
      }
      guard names.count <= Self.mostTensors else {
        throw CheckpointError(
          .refused, path: path, "the file holds more than \(Self.mostTensors) tensors, which this build does not read")
      }
      nameBytes += name.utf8.count
      guard nameBytes <= Self.mostNames else {
        throw CheckpointError(
          .refused, path: path,
          "the names of its tensors have more than \(ByteCount.text(Self.mostNames)), which this build does not read")
      }
      header.entries.append(try Self.entry(&parser, name))
    }
    try parser.end()
    (entries, metadata) = header
  }

  private static func metadata(_ parser: inout JSONParser, path: String) throws -> OrderedDictionary<String, String> {
    var metadata: OrderedDictionary<String, String> = [:]
    var byteCount = 0
    try parser.members { parser, key in
      let text = try parser.text(atMost: mostText)
      guard metadata.updateValue(text, forKey: key) == nil else {
        throw parser.error("'\(key.terminalEscaped)' stands twice in '__metadata__'")
      }
      byteCount += key.utf8.count + text.utf8.count + 64
      guard byteCount <= mostText else {
        throw CheckpointError(
          .refused, path: path, "the metadata has more than \(ByteCount.text(mostText)), which this build does not read"
        )
      }
    }
    return metadata
  }

  private static func entry(_ parser: inout JSONParser, _ name: String) throws -> Entry {
    var entry = Entry(name: name)
    var found: Set<String> = []
    try parser.members { parser, key in
      guard found.insert(key).inserted else { throw parser.error("'\(key.terminalEscaped)' stands twice") }
      switch key {
      case "dtype": entry.type = try parser.text()
      case "shape":
        try parser.elements { parser in
          entry.shape.append(try parser.count())
          guard entry.shape.count <= mostAxes else {
            throw parser.error("'\(name.terminalEscaped)' has more than \(mostAxes) axes")
          }
        }
      case "data_offsets":
        var offsets: [Int] = []
        try parser.elements { parser in
          offsets.append(try parser.count())
          guard offsets.count <= 2 else { throw parser.error("expected two offsets") }
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else { throw parser.error("expected two offsets in order") }
        entry.range = offsets[0]..<offsets[1]
      default: throw parser.error("a tensor has no '\(key.terminalEscaped)'")
      }
    }
    guard found.count == 3 else {
      throw parser.error("'\(name.terminalEscaped)' needs dtype, shape and data_offsets")
    }
    return entry
  }

  /// Every tensor has the bytes of its elements, and all bytes are of exactly one tensor.
  private func checkRanges(byteCount: Int) throws {
    func damaged(_ entry: Entry, _ what: String) -> CheckpointError {
      CheckpointError(
        .corrupt, path: path, "the tensor '\(entry.name.terminalEscaped)' \(what); use another copy of the file")
    }
    for entry in entries {
      guard let bits = SafetensorsType.bits(entry.type) else {
        throw CheckpointError(
          .unsupported, path: path,
          "the tensor '\(entry.name.terminalEscaped)' has elements of the type '\(entry.type.terminalEscaped)', which this "
            + "build does not know")
      }
      guard let shape = Shape(checking: entry.shape),
        case (let all, false) = shape.count.multipliedReportingOverflow(by: bits)
      else { throw damaged(entry, "has a shape that no memory could hold, \(entry.shape)") }
      guard all.isMultiple(of: 8), all / 8 == entry.range.count else {
        throw damaged(entry, "of shape \(shape) and type \(entry.type) takes \(entry.range.count) bytes of the file")
      }
    }
    var end = 0
    for entry in entries.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        throw damaged(entry, "begins at byte \(entry.range.lowerBound) where the ones before end at \(end)")
      }
      end = entry.range.upperBound
    }
    guard end <= byteCount else {
      throw CheckpointError(
        .truncated, path: path, "the file ends \(end - byteCount) bytes too early: its tensors have \(end) bytes")
    }
    guard end == byteCount else {
      throw CheckpointError(
        .corrupt, path: path, "\(byteCount - end) bytes behind the tensors belong to none; use another copy of the file"
      )
    }
  }
}
