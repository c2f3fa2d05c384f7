/// A file of weights that a user registered under a name.
public struct RegisteredWeights: Sendable, Hashable {
  /// The name that stands for it wherever a checkpoint is asked for.
  public let name: String
  /// The SHA-256 of the file in 64 hexadecimal digits.
  public let sha256: String
  /// What the file was called, without its folder.
  public let fileName: String
  /// The bytes of the file.
  public let byteCount: Int
  /// The architecture.
  public let model: String?
  /// The classes.
  public let classes: Int?
  /// When it was registered: ISO 8601 in UTC.
  public let added: String

  /// Weights under a name.
  init(
    name: String, sha256: String, fileName: String, byteCount: Int, model: String?, classes: Int?, added: String
  ) {
    self.name = name
    self.sha256 = sha256
    self.fileName = fileName
    self.byteCount = byteCount
    self.model = model
    self.classes = classes
    self.added = added
  }
}

extension RegisteredWeights {
  private static let format = "zoo-weights"

  /// What the store keeps of it.
  var json: JSONValue {
    [
      "format": .string(Self.format), "version": 1, "name": .string(name), "sha256": .string(sha256),
      "file": .string(fileName), "bytes": .integer(byteCount), "model": model.map(JSONValue.string) ?? .null,
      "classes": classes.map(JSONValue.integer) ?? .null, "added": .string(added),
    ]
  }

  /// What ``json`` gave; `nil` for anything else.
  init?(_ json: JSONValue) {
    guard json["format"]?.string == Self.format, json["version"]?.integer == 1, let name = json["name"]?.string,
      WeightName.problem(name) == nil, let sha256 = json["sha256"]?.string, let fileName = json["file"]?.string,
      let byteCount = json["bytes"]?.integer, let added = json["added"]?.string,
      // Both become parts of a path.
      sha256.utf8.count == 64, sha256.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      FilePath.isName(fileName)
    else { return nil }
    self.init(
      name: name, sha256: sha256, fileName: fileName, byteCount: byteCount, model: json["model"]?.string,
      classes: json["classes"]?.integer, added: added)
  }
}

extension FilePath {
  /// Whether a text names something in a folder, and leads nowhere else.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && text.utf8.count <= 255 && !text.utf8.contains(0)
      && !text.contains("/")
  }
}
