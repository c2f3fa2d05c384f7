/// Reads little-endian numbers out of bytes, one after the other.
struct H5Cursor {
  private(set) var bytes: ArraySlice<UInt8>
  private let path: String
  /// What the bytes are, for errors.
  let what: String

  init(_ bytes: some Sequence<UInt8>, path: String, what: String) {
    self.bytes = ArraySlice(bytes)
    self.path = path
    self.what = what
  }

  /// The bytes that are left.
  var count: Int { bytes.count }

  /// The error that the structure is not as the specification says.
  func error(_ message: String, _ code: CheckpointError.Code = .corrupt) -> CheckpointError {
    CheckpointError(code, path: path, "\(what) \(message)")
  }

  /// The next bytes.
  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count else { throw error("ends too early") }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  /// A cursor over the next bytes.
  mutating func sub(_ count: Int, _ what: String? = nil) throws -> H5Cursor {
    H5Cursor(try take(count), path: path, what: what ?? self.what)
  }

  /// Leaves out bytes.
  mutating func skip(_ count: Int) throws { _ = try take(count) }

  /// Leaves out bytes up to a multiple of 8 from where `start` bytes were left.
  mutating func align(from start: Int) throws {
    let used = start - count
    try skip((8 - used % 8) % 8)
  }

  /// A number of 1 to 8 bytes without sign.
  mutating func word(_ size: Int) throws -> UInt64 {
    try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of 1 to 4 bytes.
  mutating func integer(_ size: Int) throws -> Int { Int(try word(size)) }

  mutating func byte() throws -> UInt8 { UInt8(try word(1)) }

  /// No file is that large; sums of a few smaller numbers fit an `Int`.
  private static let most: UInt64 = 1 << 60

  /// A length of up to 8 bytes.
  mutating func length(_ size: Int = 8) throws -> Int {
    let word = try word(size)
    guard word < Self.most else { throw error("has a length that no file could have") }
    return Int(word)
  }

  /// An address in the file; `nil` when it is said to be none.
  mutating func address() throws -> Int? {
    let word = try word(8)
    if word == .max { return nil }
    guard word < Self.most else { throw error("has an address that no file could have") }
    return Int(word)
  }

  /// An address that must be there.
  mutating func requiredAddress() throws -> Int {
    guard let address = try address() else { throw error("has no address where one must be") }
    return address
  }

  /// Text up to a NUL, which is passed.
  mutating func terminatedText() throws -> String {
    guard let end = bytes.firstIndex(of: 0) else { throw error("holds a name without end") }
    let text = try take(end - bytes.startIndex)
    try skip(1)
    return try validated(text)
  }

  /// Text of a number of bytes, up to a NUL when there is one.
  mutating func text(_ count: Int) throws -> String { try validated(try take(count).prefix { $0 != 0 }) }

  func validated(_ text: ArraySlice<UInt8>) throws -> String {
    guard let text = String(validating: text, as: UTF8.self) else { throw error("holds a name that is not UTF-8") }
    return text
  }

  /// Passes a signature.
  mutating func expect(_ signature: String) throws {
    guard try take(4).elementsEqual(signature.utf8) else { throw error("does not begin with '\(signature)'") }
  }

  /// Passes a version, which must be one of these.
  @discardableResult
  mutating func version(_ known: ClosedRange<UInt8>) throws -> UInt8 {
    let version = try byte()
    guard known.contains(version) else { throw error("has version \(version), which is not known", .unsupported) }
    return version
  }

  /// Takes off the checksum at the end and compares it with that of all that is left.
  mutating func checkSum() throws {
    guard count >= 4 else { throw error("ends too early") }
    let expected = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    bytes = bytes.dropLast(4)
    guard H5Checksum.lookup3(bytes) == expected else {
      throw error("is not what was written: its checksum is another; use another copy of the file")
    }
  }
}
