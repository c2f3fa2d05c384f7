extension Value {
  /// The steps that a walk over values may still take.
  ///
  /// Values share parts: a file of a few hundred bytes can describe a tree of 2¹⁰⁰ leaves. Every walk has a budget.
  public struct Budget: Sendable {
    /// The steps that are left.
    public private(set) var steps: Int

    /// A budget; the default is enough for what people save, and becomes a text or a tree of some twenty megabytes at most.
    public init(_ steps: Int = 150_000) { self.steps = steps }

    /// Takes steps.
    /// - Returns: Whether there were enough of them.
    public mutating func take(_ count: Int = 1) -> Bool {
      guard count <= steps else {
        steps = 0
        return false
      }
      steps -= count
      return true
    }
  }

  /// The truth value, when it is one.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The whole number, when it is one of 64 bits.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The real number, whole or not.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .bigInteger(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The text, when it is one.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The elements of a list, tuple or set.
  public var elements: [Value]? {
    switch self {
    case .list(let elements), .tuple(let elements), .set(let elements): elements
    default: nil
    }
  }

  /// The entries of a dictionary.
  public var entries: [Entry]? {
    if case .dictionary(let entries) = self { entries } else { nil }
  }

  /// The place of the tensor, when it is one.
  public var tensor: Int? {
    if case .tensor(let index) = self { index } else { nil }
  }

  /// What stands under a text in a dictionary; `nil` when nothing does or this is no dictionary. Of two equal keys the
  /// later counts, as in Python.
  public subscript(key: String) -> Value? { entries?.last { $0.key == .string(key) }?.value }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
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
  /// A list.
  public init(arrayLiteral elements: Value...) { self = .list(elements) }
  /// A dictionary of texts.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .dictionary(elements.map { Entry(.string($0.0), $0.1) })
  }
}
