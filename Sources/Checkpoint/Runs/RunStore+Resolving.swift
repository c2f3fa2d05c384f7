extension RunStore {
  /// The checkpoint that a word on the command line means.
  public struct Reference: Sendable, Hashable {
    /// The file.
    public let path: String
    /// The run that it belongs to; `nil` for a plain path.
    public let run: Run?
    /// Which of the run's checkpoints it is; `nil` for a plain path.
    public let label: CheckpointLabel?
    /// What is registered of it, when it is found by a name of ``WeightStore``.
    public let registered: RegisteredWeights?

    init(path: String, run: Run? = nil, label: CheckpointLabel? = nil, registered: RegisteredWeights? = nil) {
      self.path = path
      self.run = run
      self.label = label
      self.registered = registered
    }
  }

  /// Finds the checkpoint for `RUN@best`, `RUN@last`, `RUN@12`, `RUN`, a path, the name of registered weights, or that of a
  /// model that comes with the program, `MODEL@DATA`.
  ///
  /// A file that is there wins. A folder that holds a `last.h5` stands for that, so `models/RUN` means the same as `RUN`; that
  /// of a model that comes with the program for its `best.h5`.
  /// Otherwise a word with a slash or the ending `.h5` is a path, and any other is a run; a run without `@` means its
  /// last checkpoint. What is no run's is looked for among registered weights, then among shipped models.
  /// - Throws: ``CheckpointError/Code/notFound`` with the runs, or the run's checkpoints, that there are.
  public func resolve(_ reference: String) throws -> Reference {
    if FileStatus.exists(reference), !FileStatus.isFolder(reference) {
      return Reference(path: reference)
    }
    if let found = folderReference(reference) { return found }
    if reference.contains("/") || reference.hasSuffix(CheckpointLabel.suffix) {
      guard FileStatus.isFolder(reference) else {
        throw CheckpointError(.notFound, path: reference, "there is no such file")
      }
      throw CheckpointError(
        .notFound, path: reference,
        "the folder holds neither \(CheckpointLabel.last.fileName) nor \(CheckpointLabel.best.fileName)")
    }
    let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let run: Run
    do {
      run = try self.run(parts[0])
    } catch let error as CheckpointError where error.code == .notFound {
      if let found = try namedElsewhere(reference) { return found }
      throw CheckpointError(.notFound, error.message + (try othersLike(reference)))
    }
    guard let label = CheckpointLabel(parts.count > 1 ? parts[1] : "last"), let path = run.existing(label) else {
      if let found = try namedElsewhere(reference) { return found }
      let labels = try run.labels().map(\.description)
      let known = labels.isEmpty ? "it has none yet" : "it has: \(labels.joined(separator: ", "))"
      let asked = parts.count > 1 ? parts[1] : "last"
      throw CheckpointError(
        .notFound, path: run.folder, "the run has no checkpoint '\(asked.terminalEscaped)'; \(known)")
    }
    return Reference(path: path, run: run, label: label)
  }

  /// The registered weights or the shipped model of a name.
  private func namedElsewhere(_ name: String) throws -> Reference? {
    if let weights, let found = try weights.weights(named: name) {
      return Reference(path: try weights.path(of: found), registered: found)
    }
    guard let run = shipped?.model(name), let path = run.existing(.best) else { return nil }
    return Reference(path: path, run: run, label: .best)
  }

  /// What else a word may have meant: `; registered weights: …; models that come with zoo: …`.
  private func othersLike(_ name: String) throws -> String {
    func list(_ title: String, _ names: [String]) -> String {
      let nearest = RunName.nearest(names, to: name)
      return names.isEmpty
        ? ""
        : "; \(title): \(nearest.prefix(5).map(\.terminalEscaped).joined(separator: ", "))\(names.count > 5 ? ", …" : "")"
    }
    return list("registered weights", try weights?.contents().weights.map(\.name) ?? [])
      + list("models that come with zoo", shipped?.names ?? [])
  }

  /// The reference for a path to a run's folder.
  private func folderReference(_ path: String) -> Reference? {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let run = Run(name: FilePath.name(of: trimmed), folder: trimmed)
    guard FileStatus.isFolder(trimmed) else { return nil }
    for label in [CheckpointLabel.last, .best] {
      if let file = run.existing(label) { return Reference(path: file, run: run, label: label) }
    }
    return nil
  }
}
