/// What is wrong with a dataset, an image or a preprocessing, and where.
public struct DatasetsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// A file or folder is not there.
    case notFound
    /// A file or folder is there but cannot be read.
    case unreadable
    /// A folder holds no images, or a dataset no samples.
    case empty
    /// A file's content is damaged, truncated or contradicts itself.
    case corrupt
    /// A file is of a kind that this program does not read.
    case unsupported
    /// An image or file exceeds a limit that guards memory.
    case tooLarge
    /// The classes of two datasets do not fit each other.
    case classes
    /// A preprocessing or an option makes no sense.
    case argument
  }

  /// The kind of error.
  public let code: Code
  /// The file, folder or sample; empty when none is meant.
  public let location: String
  /// What was found, what was expected and what to do.
  public let message: String

  /// Whether only one sample's content is bad, so that a loader that was told to may go on without it. A file that is
  /// missing or cannot be read is another matter, for the disk may be gone, and so is a list or an archive.
  public let concernsOneImage: Bool

  /// An error at a file, a folder or a sample.
  public init(_ code: Code, at location: String = "", _ message: String) {
    self.code = code
    self.location = location
    self.message = message
    concernsOneImage = false
  }

  /// An error that was met while the sample `location` was read or decoded.
  init(_ error: DatasetsError, ofSample location: String) {
    code = error.code
    self.location = location
    message = error.message
    concernsOneImage =
      switch code {
      case .corrupt, .unsupported, .tooLarge: true
      case .notFound, .unreadable, .empty, .classes, .argument: false
      }
  }

  /// `cats/3.jpg: …`, with control characters escaped so that a hostile file name cannot steer a terminal.
  public var description: String { location.isEmpty ? message : "\(printable(location)): \(message)" }
}

/// A file name with its control characters escaped.
func printable(_ name: String) -> String {
  var result = ""
  for scalar in name.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// At most `limit` names, quoted, and how many more there are: `'a', 'b' and 3 more`.
func summary(of names: some Collection<String>, limit: Int = 8) -> String {
  let shown = names.prefix(limit).map { "'\(printable($0))'" }.joined(separator: ", ")
  return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
