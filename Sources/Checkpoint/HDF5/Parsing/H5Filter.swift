/// One step of the way from elements to the bytes of a chunk (specification, IV.A.2.l).
enum H5Filter: Equatable {
  case deflate
  /// All first bytes of elements, then all second bytes, and so on.
  case shuffle(elementSize: Int)
  /// A checksum after the bytes.
  case fletcher32
  /// h5py's own compression.
  case lzf
  case scaleOffset(ScaleOffset)
  /// A filter that leaves elements of this type as they are.
  case identity
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

  /// Whether a chunk of any size may stand in the file as a few bytes.
  var isUnbounded: Bool {
    if case .scaleOffset = self { true } else { false }
  }

  /// Whether what comes out may be shorter than what goes in.
  var isPacking: Bool {
    switch self {
    case .deflate, .lzf, .scaleOffset: true
    case .shuffle, .fletcher32, .identity, .unknown: false
    }
  }

  /// How many bytes longer than what goes in may be what comes out. Filters that would add more are left out.
  var mostAdded: Int {
    switch self {
    case .fletcher32: 4
    case .scaleOffset: ScaleOffset.prefix + 1
    case .deflate, .lzf, .shuffle, .identity, .unknown: 0
    }
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
    case 6:
      guard let filter = ScaleOffset(values, elementSize: elementSize) else {
        self = .unknown("scale-offset of an unknown kind")
        return
      }
      self = filter.isIdentity ? .identity : .scaleOffset(filter)
    case 5 where values.count > 1 && values[1] == 1:
      // It leaves out bits that a type does not use, and says so where there are none.
      self = .identity
    case 32000: self = .lzf
    default:
      let known = [
        4: "szip", 5: "nbit", 307: "bzip2", 32001: "blosc", 32004: "lz4",
        32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
      ]
      self = .unknown(known[id] ?? (name.isEmpty ? "number \(id)" : "'\(name.terminalEscaped)' (\(id))"))
    }
  }
}
