import Tensors

/// The type of elements (specification, IV.A.2.d).
indirect enum H5Datatype: Equatable {
  /// Elements that a tensor can have, in the file's byte order.
  case number(DType, isBigEndian: Bool)
  /// Text of a fixed number of bytes.
  case string(Int)
  /// Text that stands in a heap.
  case variableString
  /// Bytes without meaning; an attribute may name their type.
  case opaque(Int)
  /// Anything else: what it is called, and its bytes.
  case other(String, Int)

  /// The bytes of one element in the file.
  var size: Int {
    switch self {
    case .number(let dtype, _): dtype.size
    case .string(let size), .opaque(let size), .other(_, let size): size
    case .variableString: 16
    }
  }

  init(_ message: H5Cursor) throws {
    var cursor = message
    self = try H5Datatype(reading: &cursor, depth: 0)
  }

  private init(reading cursor: inout H5Cursor, depth: Int) throws {
    guard depth < 4 else { throw cursor.error("has a type that is nested too deep", .refused) }
    let head = try cursor.byte()
    let (kind, version) = (head & 15, head >> 4)
    guard (1...5).contains(version) else {
      throw cursor.error("has a type of a version that is not known", .unsupported)
    }
    let bits = try cursor.integer(3)
    let size = try cursor.integer(4)
    guard size > 0 else { throw cursor.error("has a type of no bytes") }
    switch kind {
    case 0: self = try Self.integer(&cursor, bits, size)
    case 1: self = try Self.float(&cursor, bits, size)
    case 3: self = .string(size)
    case 5: self = .opaque(size)
    case 6: self = try Self.compound(&cursor, bits, size, version, depth)
    case 8: self = try Self.enumeration(&cursor, bits, size, version, depth)
    case 9:
      // 4 bytes of length, 8 of address, 4 of index.
      self = bits & 15 == 1 && size == 16 ? .variableString : .other("sequences of variable length", size)
    case 11: self = Self.complex(of: try H5Datatype(reading: &cursor, depth: depth + 1), size)
    default:
      let names = [2: "times", 4: "bit fields", 7: "references", 10: "arrays"]
      self = .other(names[Int(kind)] ?? "of an unknown kind", size)
    }
  }

  private static func integer(_ cursor: inout H5Cursor, _ bits: Int, _ size: Int) throws -> H5Datatype {
    let (offset, precision) = (try cursor.integer(2), try cursor.integer(2))
    let types: [Int: (signed: DType, unsigned: DType)] = [
      1: (.int8, .uint8), 2: (.int16, .uint16), 4: (.int32, .uint32), 8: (.int64, .uint64),
    ]
    guard offset == 0, precision == size * 8, let type = types[size] else {
      return .other("integers of \(precision) bits in \(size) bytes", size)
    }
    return .number(bits & 8 != 0 ? type.signed : type.unsigned, isBigEndian: bits & 1 != 0)
  }

  private static func float(_ cursor: inout H5Cursor, _ bits: Int, _ size: Int) throws -> H5Datatype {
    let (offset, precision) = (try cursor.integer(2), try cursor.integer(2))
    let fields = try (0..<4).map { _ in try cursor.integer(1) }
    let bias = try cursor.integer(4)
    let sign = bits >> 8 & 0xFF
    let other = H5Datatype.other("floating-point numbers of \(precision) bits", size)
    guard offset == 0, precision == size * 8, bits & 0x40 == 0, sign == precision - 1, bits >> 4 & 3 == 2 else {
      return other
    }
    // Where the exponent begins and its bits, where the fraction begins and its bits, the bias.
    let types: [([Int], Int, DType)] = [
      ([10, 5, 0, 10], 15, .float16), ([7, 8, 0, 7], 127, .bfloat16), ([23, 8, 0, 23], 127, .float32),
      ([52, 11, 0, 52], 1023, .float64), ([2, 5, 0, 2], 15, .float8E5M2), ([3, 4, 0, 3], 7, .float8E4M3),
    ]
    guard let type = types.first(where: { $0.0 == fields && $0.1 == bias && $0.2.size == size }) else { return other }
    return .number(type.2, isBigEndian: bits & 1 != 0)
  }

  /// Complex numbers are the compound of `r` and `i`, as h5py writes them.
  private static func compound(
    _ cursor: inout H5Cursor, _ bits: Int, _ size: Int, _ version: UInt8, _ depth: Int
  ) throws -> H5Datatype {
    let other = H5Datatype.other("compounds", size)
    guard bits & 0xFFFF == 2 else { return other }
    var parts: [(name: String, offset: Int, type: H5Datatype)] = []
    for _ in 0..<2 {
      let start = cursor.count
      let name = try cursor.terminatedText()
      if version < 3 { try cursor.align(from: start) }
      let offset = try cursor.integer(version < 3 ? 4 : size < 1 << 8 ? 1 : size < 1 << 16 ? 2 : 4)
      if version == 1 {
        guard try cursor.byte() == 0 else { return other }
        try cursor.skip(27)
      }
      parts.append((name, offset, try H5Datatype(reading: &cursor, depth: depth + 1)))
    }
    guard parts[1].type == parts[0].type, parts.map(\.name) == ["r", "i"],
      parts.map(\.offset) == [0, parts[0].type.size]
    else { return other }
    return complex(of: parts[0].type, size)
  }

  /// Pairs of a real and an imaginary part.
  private static func complex(of part: H5Datatype, _ size: Int) -> H5Datatype {
    switch part {
    case .number(.float32, let isBigEndian) where size == 8: .number(.complex64, isBigEndian: isBigEndian)
    case .number(.float64, let isBigEndian) where size == 16: .number(.complex128, isBigEndian: isBigEndian)
    default: .other("compounds", size)
    }
  }

  /// Truth values are the enumeration FALSE, TRUE of 8 bits, as h5py writes them; other enumerations are their numbers.
  private static func enumeration(
    _ cursor: inout H5Cursor, _ bits: Int, _ size: Int, _ version: UInt8, _ depth: Int
  ) throws -> H5Datatype {
    let base = try H5Datatype(reading: &cursor, depth: depth + 1)
    guard case .number(let dtype, _) = base, dtype.size == size else { return .other("enumerations", size) }
    guard size == 1, bits & 0xFFFF == 2 else { return base }
    var names: [String] = []
    for _ in 0..<2 {
      let start = cursor.count
      names.append(try cursor.terminatedText())
      if version < 3 { try cursor.align(from: start) }
    }
    let values = Array(try cursor.take(2))
    return names == ["FALSE", "TRUE"] && values == [0, 1] ? .number(.bool, isBigEndian: false) : base
  }
}
