public import Checkpoint
public import Zoo

/// The checkpoint that a word means, with what is known of it beside what the file says itself.
public struct CheckpointChoice: Sendable {
  /// The file.
  public let path: String
  /// The run that it belongs to; `nil` for other files.
  public let run: Run?
  /// The architecture, when it was said or is known from the file's name and digest.
  public let model: String?
  /// The classes, when they were said.
  public let classes: Int?
  /// The weights of torchvision that the file holds, known by its name and digest.
  public let published: PublishedWeights?

  /// Finds a checkpoint.
  /// - Parameters:
  ///   - word: What `RunStore.resolve(_:)` takes: `RUN@best`, a path, the name of registered weights and so on.
  ///   - store: Where it is looked for.
  ///   - model: The architecture that the user says.
  ///   - classes: The classes that the user says.
  /// - Throws: `CheckpointError` when there is no such checkpoint, and ``TrainingError`` for a file that bears a name of
  ///   torchvision's but has not its digest.
  public init(_ word: String, in store: RunStore, model: String? = nil, classes: Int? = nil) throws {
    let found: RunStore.Reference
    do {
      found = try store.resolve(word)
    } catch let error as CheckpointError where error.code == .notFound {
      guard let weights = Registry.published(named: word) else { throw error }
      throw CheckpointError(
        .notFound,
        "torchvision's weights '\(word.terminalEscaped)' are not registered; download https://download.pytorch.org/models/"
          + "\(weights.file), then 'zoo weights add \(weights.file)'")
    }
    (path, run) = (found.path, found.run)
    let known = try Registry.publishedFile(at: found.path, sha256: found.registered?.sha256)
    // With a model that the user says, a file that is another's is refused for its tensors.
    published = known.flatMap { model == nil || model == $0.entry.name ? $0.weights : nil }
    self.model = model ?? found.registered?.model ?? known?.entry.name
    self.classes = classes ?? found.registered?.classes
  }
}

extension Registry {
  /// What torchvision publishes as `MODEL@TAG`.
  fileprivate static func published(named word: String) -> PublishedWeights? {
    let parts = word.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let entry = models.first(where: { $0.name == parts[0] }) else { return nil }
    return entry.publishedWeights.first { $0.tag == parts[1] }
  }

  /// What torchvision publishes under the name of a file, whose digest is checked.
  /// - Parameter sha256: The file's digest, when it is known.
  /// - Returns: `nil` for a file of any other name.
  /// - Throws: ``TrainingError`` when the file has not the digest that its name says.
  static func publishedFile(at path: String, sha256 known: String? = nil) throws -> PublishedFile? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let file = published(file: name), let digest = file.weights.digest else { return nil }
    let sha256 = try known ?? FileDigest.sha256(of: path)
    guard sha256.hasPrefix(digest) else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "has the name of torchvision's weights \(file.name), but its SHA-256 begins with "
          + "\(sha256.prefix(digest.count)), not with \(digest): it was not downloaded whole, or is another file; download "
          + "it again, or give it another name if it is your own")
    }
    return file
  }
}
