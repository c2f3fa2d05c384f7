import OrderedCollections

/// The index of tensors that are spread over several safetensors files.
///
///     {"metadata": {"total_size": 123}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors", …}}
struct SafetensorsIndex {
  /// The file of each tensor, in the order of the index.
  var files: OrderedDictionary<String, String> = [:]
  /// What stands beside: `total_size` and more.
  var metadata: OrderedDictionary<String, JSONValue> = [:]

  /// A longer index is not read.
  private static let longest = 24 << 20
  /// More files are not opened.
  static let mostFiles = 512

  /// An index to be written.
  init() {}

  /// Reads an index; `nil` when the file is some other JSON.
  init?(of file: OpenFile) throws {
    let size = try file.size()
    guard size <= Self.longest else {
      throw CheckpointError(
        .refused, path: file.path,
        "the index has \(ByteCount.text(size)); this build reads up to \(ByteCount.text(Self.longest))")
    }
    do {
      guard try parse(try file.prefix(size)) else { return nil }
    } catch let error as CheckpointError where error.path.isEmpty {
      throw CheckpointError(
        .corrupt, path: file.path, "the index is damaged: \(error.message); use another copy of the file")
    }
    for name in Set(files.values) { try Self.check(name, path: file.path) }
    guard Set(files.values).count <= Self.mostFiles else {
      throw CheckpointError(.refused, path: file.path, "the index names more than \(Self.mostFiles) files")
    }
  }

  /// - Returns: Whether it has a weight map.
  private mutating func parse(_ bytes: [UInt8]) throws -> Bool {
    var found: OrderedDictionary<String, String>?
    var metadata: OrderedDictionary<String, JSONValue> = [:]
    try bytes.withUnsafeBytes { bytes in
      var parser = JSONParser(bytes: bytes)
      try parser.members { parser, key in
        switch key {
        case "weight_map":
          guard found == nil else { throw parser.error("'weight_map' stands twice") }
          found = try Self.weightMap(&parser)
        case "metadata":
          guard case .object(let members) = try parser.value() else { throw parser.error("'metadata' is no object") }
          metadata = members
        // Other JSON may be anything.
        default: _ = try parser.value()
        }
      }
      try parser.end()
    }
    guard let found else { return false }
    (files, self.metadata) = (found, metadata)
    return true
  }

  private static func weightMap(_ parser: inout JSONParser) throws -> OrderedDictionary<String, String> {
    var files: OrderedDictionary<String, String> = [:]
    // Few names, each of many tensors: kept once.
    var names: Set<String> = []
    try parser.members { parser, tensor in
      let name = names.insert(try parser.text()).memberAfterInsert
      guard files.updateValue(name, forKey: tensor) == nil else {
        throw parser.error("'\(tensor.terminalEscaped)' stands twice")
      }
      guard files.count <= SafetensorsHeader.mostTensors else {
        throw parser.error("there are more than \(SafetensorsHeader.mostTensors) tensors")
      }
    }
    return files
  }

  /// Refuses everything but the plain name of a file.
  private static func check(_ name: String, path: String) throws {
    let isPlain = !name.isEmpty && !name.hasPrefix(".") && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    guard isPlain, name.utf8.count < 256 else {
      throw CheckpointError(
        .refused, path: path,
        "the index names the file '\(name.terminalEscaped)'; it may name files of its own folder only, without a path")
    }
  }

  /// The text of the index.
  var text: String {
    let index: JSONValue = [
      "metadata": .object(metadata), "weight_map": .object(files.mapValues(JSONValue.string)),
    ]
    return index.text(indented: true) + "\n"
  }
}
