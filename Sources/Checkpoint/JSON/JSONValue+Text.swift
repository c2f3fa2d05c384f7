import OrderedCollections

extension JSONValue {
  /// The value as JSON text, on one line or indented by two spaces.
  ///
  /// Numbers read back to the same bits. Control characters are escaped, so the text may be printed to a terminal.
  public func text(indented: Bool = false) -> String {
    var text = ""
    write(to: &text, indentation: indented ? 0 : nil)
    return text
  }

  private func write(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      if value.isFinite {
        text += value.description
      } else {
        text += value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\""
      }
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      // An array of numbers or texts, such as a shape, reads best on one line.
      let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil }
      Self.write(
        elements, between: "[", "]", to: &text, indentation: isFlat ? nil : indentation,
        separator: indentation == nil ? "," : ", "
      ) {
        element, text, inner in
        element.write(to: &text, indentation: inner)
      }
    case .object(let members):
      Self.write(members.elements, between: "{", "}", to: &text, indentation: indentation) { member, text, inner in
        Self.write(member.key, to: &text)
        text += inner == nil ? ":" : ": "
        member.value.write(to: &text, indentation: inner)
      }
    }
  }

  private static func write<Items: Collection>(
    _ items: Items, between open: String, _ close: String, to text: inout String, indentation: Int?,
    separator: String = ",", each: (Items.Element, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indentation.map { $0 + 2 }
    for (index, item) in items.enumerated() {
      if index > 0 { text += inner == nil ? separator : "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      each(item, &text, inner)
    }
    if let indentation, !items.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
    text += close
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.steersTerminals:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
