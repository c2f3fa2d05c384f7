import OrderedCollections

extension JSONValue {
  /// Reads JSON text.
  /// - Throws: ``CheckpointError`` with the position of what is wrong. A key that stands twice, text after the value,
  ///   nesting deeper than 128 and numbers that a `Double` cannot hold are wrong.
  public init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSONValue(parsing: UnsafeRawBufferPointer($0)) }
  }

  /// Reads JSON text in UTF-8.
  /// - Parameter deepest: How deep values may be nested.
  /// - Throws: ``CheckpointError`` also when the values would take more than ``JSONParser/most`` bytes of memory.
  package init(parsing bytes: UnsafeRawBufferPointer, deepest: Int = 128) throws {
    var parser = JSONParser(bytes: bytes, deepest: deepest)
    self = try parser.document()
  }
}

/// A recursive descent over the bytes of a JSON text. Whoever knows what it must hold reads it part by part.
struct JSONParser {
  /// What the values of a text may take in memory, in bytes. A text of two bytes for each value, such as `[0,0,0]`, becomes
  /// some twenty times as large; what a training of ten thousand tensors writes takes a third of this.
  static let most = 16 << 20

  private let bytes: UnsafeRawBufferPointer
  private let deepest: Int
  /// The bytes of memory that values may still take.
  private var allowance = JSONParser.most
  private(set) var position = 0
  private var depth = 0

  /// A parser at the start of a text, which lives as long as it does.
  init(bytes: UnsafeRawBufferPointer, deepest: Int = 128) {
    self.bytes = bytes
    self.deepest = deepest
  }

  mutating func document() throws -> JSONValue {
    let value = try self.value()
    try end()
    return value
  }

  /// Makes sure that nothing but space follows.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.count else { throw error("there is more text after the value") }
  }

  /// Reads an object without keeping it: `member` reads the value of each key, and counts what it keeps.
  mutating func members(_ member: (inout JSONParser, String) throws -> Void) throws {
    guard take("{") else { throw error("expected an object") }
    if take("}") { return }
    repeat {
      let key = try key(counted: false)
      try member(&self, key)
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
  }

  /// Reads an array without keeping it: `element` reads each element.
  mutating func elements(_ element: (inout JSONParser) throws -> Void) throws {
    guard take("[") else { throw error("expected an array") }
    if take("]") { return }
    repeat { try element(&self) } while take(",")
    guard take("]") else { throw error("expected ',' or ']'") }
  }

  /// Reads a text. Whoever keeps it counts it.
  /// - Parameter limit: The most bytes that it may have, as it is written.
  mutating func text(atMost limit: Int = .max) throws -> String {
    skipSpace()
    guard next == UInt8(ascii: "\"") else { throw error("expected a text") }
    return try string(counted: false, atMost: limit)
  }

  /// Reads a whole number that is not negative.
  mutating func count() throws -> Int {
    skipSpace()
    guard let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
      throw error("expected a whole number from 0")
    }
    guard case .integer(let value) = try number() else { throw error("expected a whole number from 0 of 63 bits") }
    return value
  }

  /// Reads a key and the colon behind it.
  private mutating func key(counted isCounted: Bool = true) throws -> String {
    skipSpace()
    guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotation marks") }
    let key = try string(counted: isCounted)
    guard take(":") else { throw error("expected ':' after a key") }
    return key
  }

  func error(_ message: String) -> CheckpointError {
    CheckpointError(.invalid, "JSON, byte \(position): \(message)")
  }

  /// Counts memory that values take.
  private mutating func spend(_ count: Int) throws {
    allowance -= count
    guard allowance >= 0 else {
      throw error("the values so far take more than \(ByteCount.text(Self.most)) of memory, which is not read")
    }
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  /// Passes a character when it is the next one after space.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func value() throws -> JSONValue {
    skipSpace()
    try spend(MemoryLayout<JSONValue>.stride * 3 / 2)
    switch next {
    case UInt8(ascii: "{"): return try nested { parser in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw error("the text ends where a value should stand")
    default: return try number()
    }
  }

  mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
    guard depth < deepest else { throw error("values are nested deeper than \(deepest)") }
    depth += 1
    position += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  mutating func object() throws -> JSONValue {
    var members: OrderedDictionary<String, JSONValue> = [:]
    if take("}") { return .object(members) }
    try spend(128)
    repeat {
      try spend(48)
      let key = try key()
      guard members[key] == nil else { throw error("the key '\(key.terminalEscaped)' stands twice") }
      members[key] = try value()
    } while take(",")
    guard take("}") else { throw error("expected ',' or '}'") }
    return .object(members)
  }

  mutating func array() throws -> JSONValue {
    var elements: [JSONValue] = []
    if take("]") { return .array(elements) }
    try spend(48)
    repeat { elements.append(try value()) } while take(",")
    guard take("]") else { throw error("expected ',' or ']'") }
    return .array(elements)
  }

  mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
    let end = position + word.utf8CodeUnitCount
    let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else { throw error("expected a value") }
    position = end
    return value
  }

  /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
  mutating func number() throws -> JSONValue {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0 else {
      position = start
      throw error("expected a value")
    }
    if whole > 1, bytes[position - whole] == UInt8(ascii: "0") { throw error("a number starts with 0") }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      guard digits() > 0 else { throw error("expected a digit after the point") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw error("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("a number is too large") }
    return .number(value)
  }

  mutating func digits() -> Int {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  /// Reads a text.
  /// - Parameters:
  ///   - isCounted: Whether it is a part of a value.
  ///   - limit: The most bytes that it may have, as it is written.
  mutating func string(counted isCounted: Bool = true, atMost limit: Int = .max) throws -> String {
    position += 1
    let (end, hasEscapes) = try endOfString()
    guard end - position <= limit else {
      throw error("a text has \(ByteCount.text(end - position)), which is not read")
    }
    // Short texts need no memory of their own.
    if isCounted, end - position > 15 { try spend(end - position + 32) }
    defer { position = end + 1 }
    guard hasEscapes else {
      guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[position..<end]), as: UTF8.self) else {
        throw error("a string is not UTF-8")
      }
      return text
    }
    var utf8: [UInt8] = []
    utf8.reserveCapacity(end - position)
    while position < end {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\\") { utf8 += String(try escape()).utf8 } else { utf8.append(byte) }
    }
    guard let text = String(validating: utf8, as: UTF8.self) else { throw error("a string is not UTF-8") }
    return text
  }

  /// Where the quotation mark stands that ends the string which goes on here, and whether something is escaped before it.
  private func endOfString() throws -> (position: Int, hasEscapes: Bool) {
    var (place, hasEscapes) = (position, false)
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""): return (place, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        place += 1
      case 0..<0x20: throw error("a control character stands in a string")
      default: break
      }
      place += 1
    }
    throw error("a string does not end")
  }

  mutating func escape() throws -> Character {
    guard let byte = next else { throw error("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = try codeUnit()
      if 0xD800..<0xDC00 ~= code, next == UInt8(ascii: "\\") {
        position += 1
        guard next == UInt8(ascii: "u") else { throw error("half of a surrogate pair") }
        position += 1
        let low = try codeUnit()
        guard 0xDC00..<0xE000 ~= low else { throw error("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
      return Character(scalar)
    default: throw error("an escape that JSON does not have")
    }
  }

  mutating func codeUnit() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("a string does not end") }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw error("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }
}
