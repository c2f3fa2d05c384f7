import OrderedCollections

/// A group or a dataset of a file: where it is, its attributes, and, when it is a dataset, its tensor.
struct H5Entry<Content> {
  /// The names of the links from the root down, escaped as they stand in the file; empty for the root itself.
  let path: [String]
  var attributes: Attributes
  /// `nil` for a group.
  let content: Content?

  /// `/net/features.0.weight`
  var description: String { Self.description(of: path) }

  /// The same entry with other content.
  func map<Other>(_ transform: (Content) throws -> Other) rethrows -> H5Entry<Other> {
    H5Entry<Other>(path: path, attributes: attributes, content: try content.map(transform))
  }

  /// The text for a path, fit for a terminal.
  static func description(of path: [String]) -> String { "/" + path.joined(separator: "/").terminalEscaped }
}

extension H5Entry: Sendable where Content: Sendable {}

/// The attributes that guard a file.
enum DigestAttribute {
  /// On each dataset: the digest of its bytes.
  static let tensor = "digest"
  /// On the root: the digest of everything else (``MetadataDigest``).
  static let metadata = "metadata_digest"
}
