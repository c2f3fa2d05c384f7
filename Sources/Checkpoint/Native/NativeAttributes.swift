import OrderedCollections

/// The attributes of one object, each asked for as what it must be.
struct NativeAttributes {
  private let attributes: Attributes
  private let object: String
  private let path: String

  init(_ attributes: Attributes, object: String, path: String) {
    self.attributes = attributes
    self.object = object
    self.path = path
  }

  /// A text.
  func string(_ name: String) throws -> String? {
    try value(name, "a text") { $0.string }
  }

  /// Texts.
  func strings(_ name: String) throws -> [String]? {
    try value(name, "an array of texts") { value in
      switch value {
      case .strings(let strings): strings
      case .numbers(let none) where none.isEmpty: []
      default: nil
      }
    }
  }

  /// A whole number.
  func integer(_ name: String) throws -> Int? {
    try value(name, "a whole number") { $0.integer }
  }

  /// A whole number that is not negative.
  func count(_ name: String) throws -> Int? {
    try value(name, "a whole number from 0") { value in value.integer.flatMap { $0 >= 0 ? $0 : nil } }
  }

  /// A whole number of 64 bits without sign.
  func unsigned(_ name: String) throws -> UInt64? {
    try value(name, "a whole number from 0") { value in
      if case .unsigned(let number) = value { number } else { value.integer.flatMap { UInt64(exactly: $0) } }
    }
  }

  /// JSON; `.null` when there is none.
  func json(_ name: String) throws -> JSONValue {
    try value(name, "JSON") { value in value.string.flatMap { try? JSONValue(parsing: $0) } } ?? .null
  }

  /// What must be there.
  func required<Value>(_ name: String, _ read: (String) throws -> Value?) throws -> Value {
    guard let value = try read(name) else {
      throw CheckpointError(.corrupt, path: path, "\(object) has no attribute '\(name)'")
    }
    return value
  }

  private func value<Value>(_ name: String, _ kind: String, _ read: (AttributeValue) -> Value?) throws -> Value? {
    guard let attribute = attributes[name] else { return nil }
    guard let value = read(attribute) else {
      throw CheckpointError(.corrupt, path: path, "the attribute '\(name)' of \(object) is not \(kind)")
    }
    return value
  }
}
