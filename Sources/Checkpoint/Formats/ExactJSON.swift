import OrderedCollections

/// Values as JSON text that reads back as exactly the same: types, orders, and the bits of numbers.
///
/// What JSON has is written as itself. Everything else is an object of one key that begins with `$`:
///
///     {"$number": "NaN"}            a number that is not finite; other NaNs by their bits, "0x7ff8000000000001"
///     {"$integer": "123…"}          a whole number beyond 64 bits
///     {"$complex": [1.0, 2.0]}
///     {"$bytes": "00ff"}            in hexadecimal
///     {"$tuple": […]}, {"$set": […]}
///     {"$dictionary": [[key, value], …]}   one with a key that is no text, stands twice or begins with $
///     {"$tensor": "rng.cpu"}        by its name
///     {"$record": {"class": …, "arguments": […], "state": …}}
enum ExactJSON {
  /// How deep values may be nested. JSON takes up to three levels for one, and a few more around it.
  static let deepest = 64
  /// How deep the text may be nested.
  static let deepestText = 4 * deepest

  /// The JSON for a JSON value.
  static func encode(_ json: JSONValue) -> JSONValue {
    switch json {
    case .null, .bool, .integer, .string: json
    case .number(let value): number(value)
    case .array(let elements): .array(elements.map(encode))
    case .object(let members) where members.keys.contains { $0.hasPrefix("$") }:
      ["$dictionary": .array(members.map { .array([.string($0.key), encode($0.value)]) })]
    case .object(let members): .object(members.mapValues(encode))
    }
  }

  /// The JSON value that was encoded.
  /// - Returns: `nil` when this is none.
  static func decode(_ json: JSONValue) -> JSONValue? {
    switch json {
    case .null, .bool, .integer, .string, .number: return json
    case .array(let elements):
      let values = elements.compactMap(decode)
      return values.count == elements.count ? .array(values) : nil
    case .object(let members):
      guard let (key, value) = special(members) else {
        let values = members.compactMapValues(decode)
        return values.count == members.count ? .object(values) : nil
      }
      switch key {
      case "$number": return number(value).map(JSONValue.number)
      case "$dictionary":
        var object: OrderedDictionary<String, JSONValue> = [:]
        for pair in value.array ?? [] {
          guard let pair = pair.array, pair.count == 2, let key = pair[0].string, let value = decode(pair[1]),
            object.updateValue(value, forKey: key) == nil
          else { return nil }
        }
        return value.array == nil ? nil : .object(object)
      default: return nil
      }
    }
  }

  /// The key and value of an object that stands for something that JSON does not have.
  private static func special(_ members: OrderedDictionary<String, JSONValue>) -> (key: String, value: JSONValue)? {
    guard members.count == 1, let member = members.elements.first, member.key.hasPrefix("$") else { return nil }
    return member
  }

  private static func number(_ value: Double) -> JSONValue {
    if value.isFinite { return .number(value) }
    let isPlain = !value.isNaN || value.bitPattern == Double.nan.bitPattern
    let bits = "0x" + String(value.bitPattern, radix: 16)
    return ["$number": .string(isPlain ? (value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity") : bits)]
  }

  private static func number(_ json: JSONValue) -> Double? {
    guard let text = json.string else { return nil }
    switch text {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      guard text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else { return nil }
      return Double(bitPattern: bits)
    }
  }
}

extension ExactJSON {
  /// What keeps a value from being written.
  struct Excess: Error {
    let reason: String
  }

  /// Writes values; their parts may be shared, so that steps are counted.
  struct Encoder {
    /// The name of each tensor that a value may mean.
    let tensorNames: [String]
    /// What may still be written: a value counts one, and its text a sixteenth of its bytes.
    private var steps = 200_000

    init(tensorNames: [String]) { self.tensorNames = tensorNames }

    /// The JSON for a value.
    mutating func encode(_ value: Value, depth: Int = 0) throws -> JSONValue {
      guard depth < ExactJSON.deepest else {
        throw Excess(reason: "values are nested deeper than \(ExactJSON.deepest)")
      }
      switch value {
      case .null: return try counted(.null)
      case .bool(let value): return try counted(.bool(value))
      case .integer(let value): return try counted(.integer(value))
      case .bigInteger(let digits): return try counted(["$integer": .string(digits)], bytes: digits.utf8.count)
      case .number(let value): return try counted(ExactJSON.number(value))
      case .complex(let real, let imaginary):
        return try counted(["$complex": [ExactJSON.number(real), ExactJSON.number(imaginary)]])
      case .string(let text): return try counted(.string(text), bytes: text.utf8.count)
      case .bytes(let bytes): return try counted(["$bytes": .string(Hexadecimal.text(bytes))], bytes: 2 * bytes.count)
      case .list(let elements): return .array(try encode(elements, depth))
      case .tuple(let elements): return ["$tuple": .array(try encode(elements, depth))]
      case .set(let elements): return ["$set": .array(try encode(elements, depth))]
      case .dictionary(let entries): return try encode(entries, depth)
      case .tensor(let index):
        guard tensorNames.indices.contains(index) else { throw Excess(reason: "a tensor is missing") }
        return try counted(["$tensor": .string(tensorNames[index])], bytes: tensorNames[index].utf8.count)
      case .record(let record):
        let name = try counted(.string(record.className), bytes: record.className.utf8.count)
        let arguments = try encode(record.arguments, depth)
        let state = try encode(record.state, depth: depth + 1)
        return ["$record": ["class": name, "arguments": .array(arguments), "state": state]]
      }
    }

    private mutating func counted(_ json: JSONValue, bytes: Int = 0) throws -> JSONValue {
      steps -= 1 + bytes / 16
      guard steps > 0 else { throw Excess(reason: "there are too many values, or one stands in very many places") }
      return json
    }

    private mutating func encode(_ elements: [Value], _ depth: Int) throws -> [JSONValue] {
      _ = try counted(.null)
      var array: [JSONValue] = []
      for element in elements { array.append(try encode(element, depth: depth + 1)) }
      return array
    }

    private mutating func encode(_ entries: [Value.Entry], _ depth: Int) throws -> JSONValue {
      _ = try counted(.null)
      let texts = entries.compactMap { entry in
        if case .string(let text) = entry.key, !text.hasPrefix("$") { text } else { nil }
      }
      guard texts.count == entries.count, Set(texts).count == texts.count else {
        var pairs: [JSONValue] = []
        for entry in entries {
          let key = try encode(entry.key, depth: depth + 1)
          pairs.append([key, try encode(entry.value, depth: depth + 1)])
        }
        return ["$dictionary": .array(pairs)]
      }
      var members: OrderedDictionary<String, JSONValue> = [:]
      for (text, entry) in zip(texts, entries) {
        _ = try counted(.null, bytes: text.utf8.count)
        members[text] = try encode(entry.value, depth: depth + 1)
      }
      return .object(members)
    }
  }

  /// Reads values back.
  struct Decoder {
    /// The place of each tensor by its name.
    let tensors: [String: Int]

    /// The value that was encoded.
    /// - Returns: `nil` when this is none.
    func decode(_ json: JSONValue) -> Value? {
      switch json {
      case .null: return .null
      case .bool(let value): return .bool(value)
      case .integer(let value): return .integer(value)
      case .number(let value): return .number(value)
      case .string(let text): return .string(text)
      case .array: return elements(json).map(Value.list)
      case .object(let members):
        if let (key, value) = ExactJSON.special(members) { return decode(key, value) }
        let entries = members.compactMap { key, value in decode(value).map { Value.Entry(.string(key), $0) } }
        return entries.count == members.count ? .dictionary(entries) : nil
      }
    }

    private func decode(_ key: String, _ json: JSONValue) -> Value? {
      switch key {
      case "$number": return ExactJSON.number(json).map(Value.number)
      case "$integer": return json.string.flatMap { isInteger($0) ? .bigInteger($0) : nil }
      case "$complex":
        guard let parts = json.array, parts.count == 2, let real = decode(parts[0]), let imaginary = decode(parts[1]),
          case .number(let first) = real, case .number(let second) = imaginary
        else { return nil }
        return .complex(first, second)
      case "$bytes": return json.string.flatMap(Hexadecimal.bytes).map(Value.bytes)
      case "$tuple": return elements(json).map(Value.tuple)
      case "$set": return elements(json).map(Value.set)
      case "$tensor": return json.string.flatMap { tensors[$0] }.map(Value.tensor)
      case "$dictionary":
        guard let pairs = json.array else { return nil }
        let entries = pairs.compactMap { pair -> Value.Entry? in
          guard let parts = elements(pair), parts.count == 2 else { return nil }
          return Value.Entry(parts[0], parts[1])
        }
        return entries.count == pairs.count ? .dictionary(entries) : nil
      case "$record":
        guard let name = json["class"]?.string, let arguments = json["arguments"].flatMap(elements),
          let state = json["state"].flatMap(decode)
        else { return nil }
        return .record(Value.Record(name, arguments: arguments, state: state))
      default: return nil
      }
    }

    private func elements(_ json: JSONValue) -> [Value]? {
      guard let array = json.array else { return nil }
      let values = array.compactMap(decode)
      return values.count == array.count ? values : nil
    }

    private func isInteger(_ text: String) -> Bool {
      let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
      return !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
  }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
  /// Two small digits for each byte.
  static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The bytes; `nil` when the text is something else.
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    let values = digits.compactMap(\.self)
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }
}
