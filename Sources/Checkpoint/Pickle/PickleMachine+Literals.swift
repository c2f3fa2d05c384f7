#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension PickleMachine {
  /// Runs an instruction that makes a number, a text or bytes.
  mutating func pushLiteral(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .none: try push(constant: nil)
    case .newTrue: try push(constant: true)
    case .newFalse: try push(constant: false)
    case .binaryInt1: try push(small: try input.byte())
    case .binaryInt2: try push(.integer(Int(try input.integer(UInt16.self))))
    case .binaryInt: try push(.integer(Int(try input.integer(Int32.self))))
    case .long1: try push(.init(wholeNumber: try input.counted(UInt8.self), in: input))
    case .long4: try push(.init(wholeNumber: try input.counted(Int32.self), in: input))
    case .int: try pushInt()
    case .long:
      let text = try textLine()
      try push(try wholeNumber(text.hasSuffix("L") ? String(text.dropLast()) : text))
    case .binaryFloat:
      let bits = UInt64(bigEndian: try input.integer(UInt64.self))
      try push(.number(Double(bitPattern: bits)))
    case .float:
      let text = try textLine()
      guard let number = Self.number(text) else { throw unfit("'\(text.terminalEscaped)' is no number") }
      try push(.number(number))
    case .shortBinaryUnicode: try push(.text(try input.counted(UInt8.self)))
    case .binaryUnicode: try push(.text(try input.counted(UInt32.self)))
    case .binaryUnicode8: try push(.text(try input.counted(UInt64.self)))
    case .shortBinaryString: try push(.byteText(try input.counted(UInt8.self)))
    case .binaryString: try push(.byteText(try input.counted(Int32.self)))
    case .shortBinaryBytes: try push(.bytes(try input.counted(UInt8.self)))
    case .binaryBytes: try push(.bytes(try input.counted(UInt32.self)))
    case .binaryBytes8, .byteArray8: try push(.bytes(try input.counted(UInt64.self)))
    case .unicode:
      let text = try unicodeLine()
      try graph.spend(text.utf8.count + 32)
      try push(.string(text))
    case .string:
      let bytes = try stringLine()
      try graph.spend(bytes.count + 32)
      try push(.escapedBytes(bytes))
    default: throw unfit("the instruction \(opcode) is not expected")
    }
  }

  /// `I01` and `I00` are truth values since protocol 1.
  private mutating func pushInt() throws {
    switch try textLine() {
    case "01": try push(constant: true)
    case "00": try push(constant: false)
    case let text: try push(try wholeNumber(text))
    }
  }

  private mutating func textLine() throws -> String {
    let line = try input.line()
    guard line.count <= 5000, let text = input.text(line) else { throw unfit("a number is no number") }
    return text
  }

  private func wholeNumber(_ text: String) throws -> PickleGraph.Node.Content {
    if let number = Int(text) { return .integer(number) }
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw unfit("'\(text.terminalEscaped)' is no whole number")
    }
    return .bigInteger(text)
  }

  /// A number as Python's `repr` writes it.
  private static func number(_ text: String) -> Double? {
    switch text {
    case "nan", "-nan": .nan
    case "inf": .infinity
    case "-inf": -.infinity
    default: Double(text)
    }
  }

  /// A line with `\uXXXX` and `\UXXXXXXXX` for some characters, Latin-1 otherwise.
  private mutating func unicodeLine() throws -> String {
    let line = Array(input.bytes[try input.line()])
    var scalars = String.UnicodeScalarView()
    var position = 0
    while position < line.count {
      let byte = line[position]
      position += 1
      guard byte == UInt8(ascii: "\\"), position < line.count,
        let count = [UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][line[position]]
      else {
        scalars.append(Unicode.Scalar(byte))
        continue
      }
      let digits = line.dropFirst(position + 1).prefix(count)
      guard digits.count == count, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
        throw unfit("a text has a wrong escape")
      }
      scalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      position += 1 + count
    }
    return String(scalars)
  }

  /// A line that is a literal of Python 2 in quotes, with escapes.
  private mutating func stringLine() throws -> [UInt8] {
    let line = input.bytes[try input.line()]
    guard line.count >= 2, let quote = line.first, quote == line.last, quote == 0x22 || quote == 0x27 else {
      throw unfit("a text is not in quotes")
    }
    var bytes: [UInt8] = []
    var rest = line.dropFirst().dropLast()
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { throw unfit("a text has a wrong escape") }
      switch escape {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "a"): bytes.append(0x07)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "v"): bytes.append(0x0B)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(escape)
      case UInt8(ascii: "x"):
        let digits = rest.prefix(2)
        guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
          throw unfit("a text has a wrong escape")
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      default: throw unfit("a text has a wrong escape")
      }
    }
    return bytes
  }
}

extension PickleGraph.Node.Content {
  /// A whole number in two's complement, little-endian, of any length up to 1,024 bytes.
  fileprivate init(wholeNumber range: Range<Int>, in input: PickleInput) throws {
    guard range.count > 8 else {
      var bits: UInt64 = 0
      for (index, byte) in input.bytes[range].enumerated() { bits |= UInt64(byte) << UInt64(8 * index) }
      let unused = UInt64(64 - 8 * range.count)
      self = .integer(range.isEmpty ? 0 : Int(truncatingIfNeeded: Int64(bitPattern: bits << unused) >> Int64(unused)))
      return
    }
    guard range.count <= 1024 else {
      throw input.error(.refused, "a whole number of \(range.count) bytes is more than any checkpoint needs (1024)")
    }
    self = .bigInteger(Self.decimal(Array(input.bytes[range])))
  }

  private static func decimal(_ bytes: [UInt8]) -> String {
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    var words: [UInt32] = stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { word, offset in
        let byte = start + offset < bytes.count ? bytes[start + offset] : isNegative ? 0xFF : 0
        return word | UInt32(byte) << UInt32(8 * offset)
      }
    }
    if isNegative {
      var carry = true
      for index in words.indices {
        words[index] = ~words[index] &+ (carry ? 1 : 0)
        carry = carry && words[index] == 0
      }
    }
    var parts: [String] = []
    while !words.isEmpty {
      var remainder: UInt64 = 0
      for index in words.indices.reversed() {
        let value = remainder << 32 | UInt64(words[index])
        words[index] = UInt32(value / 1_000_000_000)
        remainder = value % 1_000_000_000
      }
      while words.last == 0 { words.removeLast() }
      let digits = String(remainder)
      parts.append(words.isEmpty ? digits : String(repeating: "0", count: 9 - digits.count) + digits)
    }
    return (isNegative ? "-" : "") + parts.reversed().joined()
  }
}
