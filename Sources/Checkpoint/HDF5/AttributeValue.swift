import OrderedCollections

/// What an attribute holds, out of all that HDF5 could.
///
/// Strings are of fixed length, never of variable length: variable-length strings lie in a heap that has no checksum, and
/// reading a forged one overflows a buffer inside HDF5 1.10.
enum AttributeValue: Sendable, Hashable {
  /// A value that is known to be none (an attribute without elements).
  case null
  case bool(Bool)
  case integer(Int)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case bools([Bool])
  case integers([Int])
  case unsigneds([UInt64])
  case numbers([Double])
  case strings([String])

  /// The attribute for a JSON value.
  /// - Returns: `nil` for objects and for arrays of mixed or nested elements.
  init?(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .object: return nil
    case .array(let elements):
      if let bools = elements.whole(\.bool), !elements.isEmpty {
        self = .bools(bools)
      } else if let integers = elements.whole(\.integer), !elements.isEmpty {
        self = .integers(integers)
      } else if let numbers = elements.whole({ $0.string == nil ? $0.double : nil }) {
        self = .numbers(numbers)
      } else if let strings = elements.whole(\.string) {
        self = .strings(strings)
      } else {
        return nil
      }
    }
  }

  /// The JSON value for an attribute. Whole numbers beyond 63 bits become inexact numbers.
  var json: JSONValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .unsigned(let value): Int(exactly: value).map(JSONValue.integer) ?? .number(Double(value))
    case .number(let value): .number(value)
    case .string(let value): .string(value)
    case .bools(let values): .array(values.map(JSONValue.bool))
    case .integers(let values): .array(values.map(JSONValue.integer))
    case .unsigneds(let values): .array(values.map { AttributeValue.unsigned($0).json })
    case .numbers(let values): .array(values.map(JSONValue.number))
    case .strings(let values): .array(values.map(JSONValue.string))
    }
  }

  /// The value as others see it.
  var value: Value {
    switch self {
    case .unsigned(let value): Int(exactly: value).map(Value.integer) ?? .bigInteger(String(value))
    case .unsigneds(let values): .list(values.map { AttributeValue.unsigned($0).value })
    default: Value(json)
    }
  }

  /// The text, when it is one.
  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The whole number, when it is one.
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .unsigned(let value): Int(exactly: value)
    default: nil
    }
  }
}

extension [JSONValue] {
  /// What `part` is of every element, or `nil` when one of them has none.
  fileprivate func whole<Part>(_ part: (JSONValue) -> Part?) -> [Part]? {
    let parts = compactMap(part)
    return parts.count == count ? parts : nil
  }
}

/// Attributes by name, in the order of their creation.
typealias Attributes = OrderedDictionary<String, AttributeValue>
