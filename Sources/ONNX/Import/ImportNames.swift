import Layers

/// Names of a file as names of modules and weights.
enum ImportNames {
  /// The module path that a node's name tells: `layer1.0.conv1` for `/layer1/layer1.0/conv1/Conv`, as PyTorch's exporter
  /// writes it, and for `layer1.0.conv1/Conv`, as zoo does.
  static func path(_ node: String) -> String {
    let parts = node.split(separator: "/").map(String.init)
    var path = ""
    for part in parts.count > 1 ? Array(parts.dropLast()) : parts {
      path = path.isEmpty || part.hasPrefix(path + ".") ? part : "\(path).\(part)"
    }
    return clean(path)
  }

  /// The path of the module whose weights have these names: what stands before the suffix in the first that has it.
  static func owner(_ names: [(name: String, suffix: String)]) -> String? {
    for (name, suffix) in names {
      let name = clean(name)
      if name == suffix { return "" }
      if name.hasSuffix("." + suffix) { return String(name.dropLast(suffix.count + 1)) }
    }
    return nil
  }

  /// What a weight is called: as in the file where that says its kind, or else as the module's.
  static func parameter(_ name: String, _ suffix: String, of owner: String) -> String {
    let own = clean(name)
    if own == suffix || own.hasSuffix("." + suffix) { return own }
    return owner.isEmpty ? suffix : "\(owner).\(suffix)"
  }

  /// A name of letters, digits, `.`, `_`, `-` and `:` without empty parts: state dicts of every format can have it.
  private static func clean(_ name: String) -> String {
    let mapped = name.prefix(StoredGraph.longestName / 2).unicodeScalars.map { scalar -> Character in
      let isTaken =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        || "._-:".unicodeScalars.contains(scalar)
      return scalar == "/" ? "." : isTaken ? Character(scalar) : "_"
    }
    return String(mapped).split(separator: ".").joined(separator: ".")
  }
}
