public import OrderedCollections

/// A JSON value (RFC 8259) that keeps the order of its keys and tells whole numbers from others.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(OrderedDictionary<String, JSONValue>)

  /// The truth value, when it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The whole number, when it is one.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The number, whole or not. JSON has no word for numbers that are not finite: they are written as the strings `NaN`,
  /// `Infinity` and `-Infinity`, and understood here.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }

  /// The text, when it is one.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements, when it is an array.
  public var array: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The members in order, when it is an object.
  public var object: OrderedDictionary<String, JSONValue>? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The keys in order; none when it is no object.
  public var keys: [String] { object.map { Array($0.keys) } ?? [] }

  /// A member of an object; `nil` when there is none or this is no object. Setting makes anything else an object.
  public subscript(key: String) -> JSONValue? {
    get { object?[key] }
    set {
      var members = object ?? [:]
      // Held twice, they would be copied for every member that is set.
      self = .null
      members[key] = newValue
      self = .object(members)
    }
  }

  /// Whether it is an object or array with nothing inside, or null.
  public var isEmpty: Bool {
    switch self {
    case .null: true
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// An object. Traps on a key that stands twice.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(OrderedDictionary(uniqueKeysWithValues: elements))
  }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Null.
  public init(nilLiteral: ()) { self = .null }
}
