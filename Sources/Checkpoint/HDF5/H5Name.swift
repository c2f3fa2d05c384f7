/// Names of tensors as names of HDF5 links.
///
/// A name stands as it is, dots included: `features.0.weight`. Only what HDF5 cannot have in a name is escaped as `%` and
/// two hexadecimal digits: `/` is `%2F`, NUL is `%00`, `%` itself is `%25`; the whole name `.` is `%2E`; the empty name is
/// a lone `%`.
enum H5Name {
  /// The name of the link for a name.
  static func escaped(_ name: String) -> String {
    if name.isEmpty { return "%" }
    if name == "." { return "%2E" }
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "%": text += "%25"
      case "/": text += "%2F"
      case "\0": text += "%00"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The name for the name of a link.
  /// - Returns: `nil` for a link that ``escaped(_:)`` never makes.
  static func unescaped(_ link: String) -> String? {
    var name = ""
    var rest = Substring(link).unicodeScalars
    if link == "%" { return "" }
    while let scalar = rest.popFirst() {
      if scalar == "%" {
        let digits = String(rest.prefix(2))
        guard digits.unicodeScalars.count == 2, let code = UInt8(digits, radix: 16) else { return nil }
        name.unicodeScalars.append(Unicode.Scalar(code))
        rest.removeFirst(2)
      } else {
        name.unicodeScalars.append(scalar)
      }
    }
    return escaped(name).utf8.elementsEqual(link.utf8) ? name : nil
  }
}
