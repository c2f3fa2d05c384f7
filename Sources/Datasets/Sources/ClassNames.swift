/// What names of classes must be so that a class can be told by its name.
///
/// Texts are equal in Swift when they show the same: é may be one code point or two. As folders these are two, so such a
/// pair would be counted as two classes and looked up as one.
enum ClassNames {
  /// Refuses names of which one is empty or two are the same.
  /// - Parameter path: Where they come from, for messages.
  static func check(_ names: [String], at path: String) throws(DatasetsError) {
    var known: [String: String] = [:]
    for name in names {
      if name.isEmpty { throw DatasetsError(.classes, at: path, "has a class whose name is empty; name it") }
      guard let first = known.updateValue(name, forKey: name) else { continue }
      guard first.utf8.elementsEqual(name.utf8) else { throw alike(name, at: path) }
      throw DatasetsError(.classes, at: path, "has two classes named '\(printable(name))'; rename or join them")
    }
  }

  /// The names, each once.
  /// - Throws: ``DatasetsError`` when one is empty, or two differ only in how their letters are coded.
  static func distinct(_ texts: [String], at path: String) throws(DatasetsError) -> [String] {
    var known: [String: String] = [:]
    for text in texts {
      if let first = known[text] {
        guard first.utf8.elementsEqual(text.utf8) else { throw alike(text, at: path) }
      } else {
        known[text] = text
      }
    }
    let names = Array(known.values)
    try check(names, at: path)
    return names
  }

  private static func alike(_ name: String, at path: String) -> DatasetsError {
    DatasetsError(
      .classes, at: path,
      "has two classes that are both written '\(printable(name))' and differ only in how Unicode codes their letters; "
        + "rename or join them")
  }
}
