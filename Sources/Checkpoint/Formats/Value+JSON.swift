import OrderedCollections

extension Value {
  /// How deep JSON is nested at most: what parsers of JSON, ours among them, take.
  private static let deepest = 100

  /// The value for a JSON value: objects become dictionaries of texts, arrays become lists.
  public init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .array(let elements): self = .list(elements.map { Value($0) })
    case .object(let members): self = .dictionary(members.map { Entry(.string($0.key), Value($0.value)) })
    }
  }

  /// The value as JSON, for people and programs to look at; not everything can be told apart afterwards.
  ///
  /// Lists, tuples and sets become arrays. A tensor is `{"tensor": name}`, bytes are `{"base64": text}`, a record is
  /// `{"class", "arguments", "state"}`, a complex number `{"real", "imaginary"}`. Whole numbers beyond 64 bits are texts.
  /// Keys that are no texts are written as text; a dictionary of which two keys would then be equal becomes an array of
  /// `[key, value]`. What is beyond the budget, or nested too deep, is `{"omitted": reason}`.
  /// - Parameters:
  ///   - tensors: ``FileContents/tensors``, for the names.
  ///   - budget: Counted down.
  public func json(tensors: [StoredTensor], budget: inout Budget) -> JSONValue {
    json(tensors, &budget, depth: 0)
  }

  private func json(_ tensors: [StoredTensor], _ budget: inout Budget, depth: Int) -> JSONValue {
    // What is deep inside is indented far.
    guard budget.take(weight + depth / 8) else { return ["omitted": "too many values to show"] }
    guard depth < Self.deepest else { return ["omitted": "nested too deep to show"] }
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .bigInteger(let value): return .string(value)
    case .number(let value): return .number(value)
    case .complex(let real, let imaginary): return ["real": .number(real), "imaginary": .number(imaginary)]
    case .string(let value): return .string(value)
    case .bytes(let bytes): return ["base64": .string(Base64.text(bytes))]
    case .list(let elements), .tuple(let elements), .set(let elements):
      return Self.array(elements, tensors, &budget, depth)
    case .dictionary(let entries): return Self.object(entries, tensors, &budget, depth)
    case .tensor(let index):
      return ["tensor": tensors.indices.contains(index) ? .string(tensors[index].name) : .null]
    case .record(let record):
      return [
        "class": .string(record.className),
        "arguments": Self.array(record.arguments, tensors, &budget, depth),
        "state": record.state.json(tensors, &budget, depth: depth + 1),
      ]
    }
  }

  /// The steps that it takes to write the value itself, without its parts.
  private var weight: Int {
    switch self {
    case .string(let value), .bigInteger(let value): 1 + value.utf8.count / 64
    case .bytes(let bytes): 1 + bytes.count / 64
    default: 1
    }
  }

  private static func array(
    _ elements: [Value], _ tensors: [StoredTensor], _ budget: inout Budget, _ depth: Int
  ) -> JSONValue {
    var array: [JSONValue] = []
    for element in elements {
      array.append(element.json(tensors, &budget, depth: depth + 1))
      if budget.steps == 0 { break }
    }
    return .array(array)
  }

  private static func object(
    _ entries: [Entry], _ tensors: [StoredTensor], _ budget: inout Budget, _ depth: Int
  ) -> JSONValue {
    var pairs: [(key: JSONValue, value: JSONValue)] = []
    var members: OrderedDictionary<String, JSONValue> = [:]
    for entry in entries {
      let key = entry.key.json(tensors, &budget, depth: depth + 1)
      let value = entry.value.json(tensors, &budget, depth: depth + 1)
      pairs.append((key, value))
      members[key.string ?? key.text()] = value
      if budget.steps == 0 { break }
    }
    if members.count == pairs.count { return .object(members) }
    return .array(pairs.map { .array([$0.key, $0.value]) })
  }
}

/// Bytes as text (RFC 4648, section 4).
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text for bytes, padded with `=`.
  static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      word <<= 8
      for digit in 0..<4 {
        text.append(digit <= group.count ? alphabet[Int(word >> 26)] : UInt8(ascii: "="))
        word <<= 6
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
