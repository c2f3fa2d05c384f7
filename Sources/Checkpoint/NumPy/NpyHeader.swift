import Tensors

/// The header of a numpy array: what its elements are, and how they lie.
///
/// `\x93NUMPY`, two bytes for the version, the length of the rest in 2 bytes (version 1) or 4, and a Python dictionary:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, padded with spaces. Of Python exactly this is read, and
/// nothing is evaluated.
struct NpyHeader: Sendable {
  /// numpy's name for the element type, `<f4`.
  let descriptor: String
  /// Whether the first axis is the innermost one.
  let isFortran: Bool
  /// The extents, outermost axis first unless ``isFortran``.
  let shape: Shape
  /// The bytes before the elements.
  let byteCount: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Longer headers are not read; numpy itself refuses more than 10,000 bytes of a stranger.
  static let longest = 64 << 10

  /// The bytes that a header takes, from its first twelve; fewer when there are no more.
  static func byteCount(_ start: [UInt8], label: String, path: String) throws -> Int {
    guard start.count >= 10, start.starts(with: magic) else {
      throw CheckpointError(.corrupt, path: path, "\(label) does not begin as a numpy array does")
    }
    let (lengthSize, length): (Int, Int)
    switch (start[6], start[7]) {
    case (1, 0): (lengthSize, length) = (2, Int(start.littleEndian(8, as: UInt16.self)))
    case (2, 0), (3, 0):
      guard start.count >= 12 else { throw CheckpointError(.truncated, path: path, "\(label) ends in its header") }
      (lengthSize, length) = (4, Int(start.littleEndian(8, as: UInt32.self)))
    default:
      throw CheckpointError(
        .unsupported, path: path,
        "\(label) has version \(start[6]).\(start[7]) of numpy's format; this build reads 1.0 to 3.0")
    }
    guard length <= longest else {
      throw CheckpointError(
        .refused, path: path, "\(label) has a header of \(length) bytes; this build reads up to \(longest)")
    }
    return 8 + lengthSize + length
  }

  /// Reads a whole header.
  /// - Parameters:
  ///   - bytes: From the first byte of the array to the last of the header.
  ///   - label: What the array is called in errors.
  init(_ bytes: [UInt8], label: String, path: String) throws {
    byteCount = try Self.byteCount(bytes, label: label, path: path)
    guard bytes.count >= byteCount else { throw CheckpointError(.truncated, path: path, "\(label) ends in its header") }
    let start = bytes[6] == 1 ? 10 : 12
    var literal = PythonLiteral(bytes[start..<byteCount])
    guard let fields = try? literal.header() else {
      throw CheckpointError(
        .corrupt, path: path,
        "\(label) has a header that numpy does not write (byte \(literal.position) of the array); use another copy of the file"
      )
    }
    guard let shape = Shape(checking: fields.shape), shape.rank <= 64 else {
      throw CheckpointError(.corrupt, path: path, "\(label) has a shape that no memory could hold")
    }
    (descriptor, isFortran, self.shape) = (fields.descriptor, fields.isFortran, shape)
  }

  /// The header of an array in row-major order, as numpy writes it.
  static func bytes(descriptor: String, shape: Shape) -> [UInt8] {
    let extents = shape.dimensions.map(String.init)
    let tuple = extents.count == 1 ? "(\(extents[0]),)" : "(\(extents.joined(separator: ", ")))"
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    // Room for the first extent to grow in place, as numpy leaves it.
    if let first = extents.first { text += String(repeating: " ", count: max(0, 21 - first.count)) }
    let padding = 64 - (magic.count + 4 + text.utf8.count + 1) % 64
    text += String(repeating: " ", count: padding) + "\n"
    var bytes = magic + [1, 0]
    bytes.append(littleEndian: UInt16(text.utf8.count))
    return bytes + text.utf8
  }
}

/// The few Python literals of an array's header.
private struct PythonLiteral {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int

  struct Unexpected: Error {}

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D { position += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    skipSpace()
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: expected) else { return false }
    position += expected.count
    return true
  }

  private mutating func expect(_ text: StaticString) throws {
    guard take(text) else { throw Unexpected() }
  }

  /// The whole dictionary, each key once, and nothing behind it.
  mutating func header() throws -> (descriptor: String, isFortran: Bool, shape: [Int]) {
    var descriptor: String?
    var isFortran: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try self.descriptor()
      case "fortran_order" where isFortran == nil:
        if take("True") {
          isFortran = true
        } else {
          try expect("False")
          isFortran = false
        }
      case "shape" where shape == nil: shape = try tuple()
      default: throw Unexpected()
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.endIndex, let descriptor, let isFortran, let shape else { throw Unexpected() }
    return (descriptor, isFortran, shape)
  }

  /// A text; one that stands for elements of several parts is passed over, and called `[…]`.
  private mutating func descriptor() throws -> String {
    skipSpace()
    guard next == UInt8(ascii: "[") || next == UInt8(ascii: "(") else { return try string() }
    var depth = 0
    repeat {
      guard let byte = next else { throw Unexpected() }
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        _ = try string()
        continue
      default: break
      }
      position += 1
    } while depth > 0
    return "[\u{2026}]"
  }

  private mutating func string() throws -> String {
    skipSpace()
    // Python 2 wrote u'…' and b'…' at times.
    if next == UInt8(ascii: "u") || next == UInt8(ascii: "b") { position += 1 }
    guard let quote = next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw Unexpected() }
    position += 1
    let start = position
    while let byte = next, byte != quote {
      guard byte != UInt8(ascii: "\\") else { throw Unexpected() }
      position += 1
    }
    guard next == quote, let text = String(validating: bytes[start..<position], as: UTF8.self) else {
      throw Unexpected()
    }
    position += 1
    return text
  }

  private mutating func tuple() throws -> [Int] {
    var numbers: [Int] = []
    try expect("(")
    while !take(")") {
      numbers.append(try number())
      if !take(",") {
        // (3) is a number and no tuple.
        guard numbers.count > 1 else { throw Unexpected() }
        try expect(")")
        break
      }
    }
    return numbers
  }

  private mutating func number() throws -> Int {
    skipSpace()
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw Unexpected() }
    // Python 2 marks long numbers.
    if next == UInt8(ascii: "L") { position += 1 }
    return number
  }
}
