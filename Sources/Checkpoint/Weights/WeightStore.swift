#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The weights that a user registered: files by their digest, and names for them.
///
/// - `NAME.json`: what is registered under a name (``RegisteredWeights``).
/// - `files/SHA256/FILE`: the file itself, a copy under the name that it had. What is done to the original later does not
///   matter; file systems that can share the bytes of copies do.
///
/// Every file appears whole or not at all, and what uses a file holds it against its digest.
public struct WeightStore: Sendable {
  /// The environment variable that moves the user's store.
  public static let variable = "ZOO_WEIGHTS"

  /// The folder. It need not be there yet.
  public let folder: String

  /// A store in a folder.
  public init(folder: String) { self.folder = folder }

  /// The user's: the folder that `ZOO_WEIGHTS` names, else `zoo/weights` in the XDG data directory
  /// (`XDG_DATA_HOME`, `~/.local/share` unless set).
  public static func user() -> WeightStore {
    func value(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let folder = value(variable) { return WeightStore(folder: folder) }
    // The specification ignores paths that are not absolute.
    let data =
      value("XDG_DATA_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(value("HOME") ?? ".")/.local/share"
    return WeightStore(folder: "\(data)/zoo/weights")
  }

  /// Everything that is registered, sorted by name, and why something that is there cannot be read.
  public func contents() throws -> (weights: [RegisteredWeights], problems: [String]) {
    guard FileStatus.isFolder(folder) else { return ([], []) }
    var (weights, problems): ([RegisteredWeights], [String]) = ([], [])
    for name in try Folder(path: folder).names() where name.hasSuffix(Self.suffix) && !name.hasPrefix(".") {
      do {
        weights.append(try read(String(name.dropLast(Self.suffix.count))))
      } catch {
        problems.append("\(error)")
      }
    }
    return (weights, problems)
  }

  /// What is registered under a name; `nil` when nothing is.
  /// - Throws: ``CheckpointError`` when it is damaged.
  public func weights(named name: String) throws -> RegisteredWeights? {
    guard WeightName.problem(name) == nil, FileStatus.exists(notePath(name)) else { return nil }
    return try read(name)
  }

  /// The path of a registered file, whose bytes are held against their digest before.
  /// - Throws: ``CheckpointError`` when the file is gone or holds other bytes than were registered.
  public func path(of weights: RegisteredWeights) throws -> String {
    let path = filePath(weights)
    let again = "register it again with 'zoo weights add FILE --name \(weights.name.terminalEscaped) --replace'"
    guard FileStatus.exists(path) else {
      throw CheckpointError(.notFound, path: path, "the file of the weights '\(weights.name)' is gone; \(again)")
    }
    let found = try FileDigest.sha256(of: path)
    guard found == weights.sha256 else {
      throw CheckpointError(
        .corrupt, path: path,
        "the file of the weights '\(weights.name)' has the SHA-256 \(found), but \(weights.sha256) was registered: it was "
          + "changed or is damaged; \(again)")
    }
    return path
  }

  // MARK: - Places

  static let suffix = ".json"

  func notePath(_ name: String) -> String { Folder(path: folder).appending(name + Self.suffix) }

  /// Where the copy of a file lies, checked or not.
  package func filePath(_ weights: RegisteredWeights) -> String {
    Folder(path: fileFolder(weights.sha256)).appending(weights.fileName)
  }

  func fileFolder(_ sha256: String) -> String {
    Folder(path: Folder(path: folder).appending("files")).appending(sha256)
  }

  /// What is registered under a name that is there.
  private func read(_ name: String) throws -> RegisteredWeights {
    let path = notePath(name)
    let bytes = try PublishedFile.read(path, atMost: 1 << 16)
    let json = try? bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
    guard let weights = json.flatMap(RegisteredWeights.init), weights.name == name else {
      throw CheckpointError(
        .corrupt, path: path, "this is not what zoo wrote; remove the file and register the weights again")
    }
    return weights
  }
}
