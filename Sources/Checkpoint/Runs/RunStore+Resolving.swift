extension RunStore {
  /// The checkpoint that a word on the command line means.
  public struct Reference: Sendable, Hashable {
    /// The file.
    public let path: String
    /// The run that it belongs to; `nil` for a plain path.
    public let run: Run?
    /// Which of the run's checkpoints it is; `nil` for a plain path.
    public let label: CheckpointLabel?
  }

  /// Finds the checkpoint for `RUN@best`, `RUN@last`, `RUN@12`, `RUN`, or a path.
  ///
  /// A file that is there wins. A folder that holds a `last.h5` stands for that, so `models/RUN` means the same as `RUN`.
  /// Otherwise a word with a slash or the ending `.h5` is a path, and any other is a run; a run without `@` means its
  /// last checkpoint.
  /// - Throws: ``CheckpointError/Code/notFound`` with the runs, or the run's checkpoints, that there are.
  public func resolve(_ reference: String) throws -> Reference {
    if FileStatus.exists(reference), !FileStatus.isFolder(reference) {
      return Reference(path: reference, run: nil, label: nil)
    }
    if let found = folderReference(reference) { return found }
    if reference.contains("/") || reference.hasSuffix(CheckpointLabel.suffix) {
      guard FileStatus.isFolder(reference) else {
        throw CheckpointError(.notFound, path: reference, "there is no such file")
      }
      throw CheckpointError(.notFound, path: reference, "the folder holds no \(CheckpointLabel.last.fileName)")
    }
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let run = try run(parts[0])
    guard let label = CheckpointLabel(parts.count > 1 ? parts[1] : "last"), let path = run.existing(label) else {
      let labels = try run.labels().map(\.description)
      let known = labels.isEmpty ? "it has none yet" : "it has: \(labels.joined(separator: ", "))"
      let asked = parts.count > 1 ? parts[1] : "last"
      throw CheckpointError(
        .notFound, path: run.folder, "the run has no checkpoint '\(asked.terminalEscaped)'; \(known)")
    }
    return Reference(path: path, run: run, label: label)
  }

  /// The reference for a path to a run's folder.
  private func folderReference(_ path: String) -> Reference? {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let run = Run(name: FilePath.name(of: trimmed), folder: trimmed)
    guard FileStatus.isFolder(trimmed), let file = run.existing(.last) else { return nil }
    return Reference(path: file, run: run, label: .last)
  }
}
