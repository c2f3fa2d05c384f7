/// One step of the way from elements to the bytes of a chunk (specification, IV.A.2.l).
enum H5Filter: Equatable {
  case deflate
  /// All first bytes of elements, then all second bytes, and so on.
  case shuffle(elementSize: Int)
  /// A checksum after the bytes.
  case fletcher32
  /// A filter that this build has not, by its name.
  case unknown(String)

  /// The filters of a dataset, in the order of writing.
  static func all(_ message: H5Cursor, elementSize: Int) throws -> [H5Filter] {
    var cursor = message
    let version = try cursor.version(1...2)
    let count = try cursor.integer(1)
    guard count <= 32 else { throw cursor.error("has \(count) filters; HDF5 has at most 32") }
    if version == 1 { try cursor.skip(6) }
    return try (0..<count).map { _ in try H5Filter(&cursor, version, elementSize) }
  }

  private init(_ cursor: inout H5Cursor, _ version: UInt8, _ elementSize: Int) throws {
    let id = try cursor.integer(2)
    let hasName = version == 1 || id >= 256
    let nameLength = hasName ? try cursor.integer(2) : 0
    try cursor.skip(2)
    let valueCount = try cursor.integer(2)
    let name = try cursor.text(version == 1 ? (nameLength + 7) / 8 * 8 : nameLength)
    let values = try (0..<valueCount).map { _ in try cursor.integer(4) }
    if version == 1, valueCount % 2 == 1 { try cursor.skip(4) }
    switch id {
    case 1: self = .deflate
    case 2:
      let size = values.first ?? elementSize
      guard size > 0 else { throw cursor.error("shuffles elements of no bytes") }
      self = .shuffle(elementSize: size)
    case 3: self = .fletcher32
    default:
      let known = [
        4: "szip", 5: "nbit", 6: "scale-offset", 307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4",
        32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
      ]
      self = .unknown(known[id] ?? (name.isEmpty ? "number \(id)" : "'\(name.terminalEscaped)' (\(id))"))
    }
  }
}
