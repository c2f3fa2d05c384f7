/// The names of arrays in an archive of numpy: the members are called so, with `.npy` behind.
///
/// A name that is no sound path of a file, or that numpy would take for another, is written with `%` and two hexadecimal
/// digits for each byte that is the matter; the archive's text then says what it really is.
struct NpzNames {
  /// The text of an archive.
  static let text = "zoo.json"
  /// What the names of members end with.
  static let suffix = ".npy"

  /// The real name of each member that bears another.
  private(set) var real: [String: String] = [:]
  private var taken: Set<String> = []

  /// A name for the member of a tensor.
  mutating func member(_ name: String) -> String {
    var member = Self.isSound(name) ? name : Self.escaped(name)
    while !taken.insert(member).inserted { member += "~" }
    if member != name { real[member] = name }
    return member + Self.suffix
  }

  private static func isSound(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return name.utf8.count < 60_000 && name != text && !name.hasSuffix(suffix)
      && parts.allSatisfy { !["", ".", ".."].contains($0) } && name.unicodeScalars.allSatisfy(isSound)
  }

  private static func isSound(_ scalar: Unicode.Scalar) -> Bool {
    !scalar.steersTerminals && scalar != "\\" && scalar != ":"
  }

  private static func escaped(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars.prefix(200) {
      if isSound(scalar), scalar != "/", scalar != ".", scalar != "%" {
        text.unicodeScalars.append(scalar)
      } else {
        for byte in String(scalar).utf8 { text += "%" + Hexadecimal.text([byte]).uppercased() }
      }
    }
    return text.isEmpty ? "%" : text
  }
}
