/// In which order the class folders of a dataset are numbered.
public enum ClassOrder: String, Sendable, Hashable, Codable, CaseIterable {
  /// By code point, as torchvision does: 1, 10, 100, 2.
  case codePoint = "code-point"
  /// As timm does: without regard to capitals, and runs of digits as numbers: 1, 2, 10, 100.
  case natural

  /// Sorts names.
  func sorted(_ names: [String]) -> [String] { sorted(names) { $0 } }

  /// Sorts elements by a name of each.
  func sorted<Element>(_ elements: [Element], by name: (Element) -> String) -> [Element] {
    switch self {
    case .codePoint: elements.sorted { precedesByCodePoint(name($0), name($1)) }
    case .natural: elements.map { (NaturalKey(name($0)), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}

/// What names are compared by in natural order: timm's `natural_key`, text and numbers in turn. Names that it makes equal,
/// such as 1 and 01, are compared by code point, which timm leaves to chance.
struct NaturalKey: Comparable {
  private let name: String
  /// Text, number, text, …; a number is its digits without leading zeros.
  private let parts: [[UInt32]]

  init(_ name: String) {
    self.name = name
    var parts: [[UInt32]] = [[]]
    for scalar in name.lowercased().unicodeScalars {
      let digit = scalar.properties.numericType == .decimal ? scalar.properties.numericValue : nil
      let isInNumber = parts.count.isMultiple(of: 2)
      if (digit != nil) != isInNumber { parts.append([]) }
      guard let digit else {
        parts[parts.count - 1].append(scalar.value)
        continue
      }
      if digit > 0 || !parts[parts.count - 1].isEmpty { parts[parts.count - 1].append(UInt32(digit)) }
    }
    self.parts = parts
  }

  static func < (first: NaturalKey, second: NaturalKey) -> Bool {
    for (place, (left, right)) in zip(first.parts, second.parts).enumerated() where left != right {
      // Of two numbers the one with more digits is larger.
      if !place.isMultiple(of: 2) && left.count != right.count { return left.count < right.count }
      return left.lexicographicallyPrecedes(right)
    }
    if first.parts.count != second.parts.count { return first.parts.count < second.parts.count }
    return precedesByCodePoint(first.name, second.name)
  }

  static func == (first: NaturalKey, second: NaturalKey) -> Bool { first.name == second.name }
}
