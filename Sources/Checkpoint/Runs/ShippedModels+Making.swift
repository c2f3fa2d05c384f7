#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension ShippedModels {
  /// Makes the folder of a model, which appears whole or not at all.
  /// - Parameters:
  ///   - name: `MODEL@DATA`.
  ///   - folder: Where models lie.
  ///   - replaces: Whether a model of this name may give way to the new one.
  ///   - fill: Writes the files; the folder has another name until it returns.
  /// - Throws: ``CheckpointError``: of code `exists` when there is a model of this name that may not be replaced.
  public static func make(
    _ name: String, in folder: String, replaces: Bool = false, _ fill: (Run) throws -> Void
  ) throws -> Run {
    let made = try check(name, in: folder, replaces: replaces)
    let store = Folder(path: folder)
    try store.create()
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let draft = Run(name: name, folder: store.appending(".\(name).\(unique)"))
    guard try Folder(path: draft.folder).createNew() else {
      throw CheckpointError(.exists, path: draft.folder, "the name of the draft is taken; try again")
    }
    defer { removeFolder(draft.folder) }
    try fill(draft)
    try Folder(path: draft.folder).synchronize()
    // Another process may have made a model of this name meanwhile.
    try check(name, in: folder, replaces: replaces)
    let aside = store.appending(".\(name).\(unique).old")
    let isReplaced = FileStatus.exists(made.folder)
    if isReplaced {
      try SystemCall.check(made.folder, "rename to \(aside.terminalEscaped)") { rename(made.folder, aside) }
    }
    do {
      try SystemCall.check(made.folder, "rename \(draft.folder.terminalEscaped)") { rename(draft.folder, made.folder) }
    } catch {
      // The old model goes back to its place; where another has come there, it stays under its other name.
      if isReplaced { rename(aside, made.folder) }
      throw error
    }
    removeFolder(aside)
    try store.synchronize()
    return made
  }

  /// Whether a model of a name can be made in a folder.
  /// - Returns: Where it will be.
  /// - Throws: ``CheckpointError``: of code `exists` when something of this name may not be replaced.
  @discardableResult
  public static func check(_ name: String, in folder: String, replaces: Bool) throws -> Run {
    if let problem = problem(name) {
      throw CheckpointError(.invalid, "'\(name.terminalEscaped)' cannot be the name of a model: \(problem)")
    }
    let made = Run(name: name, folder: Folder(path: folder).appending(name))
    guard FileStatus.exists(made.folder) else { return made }
    guard replaces else {
      throw CheckpointError(
        .exists, path: made.folder, "there is a model of this name already; '--replace' puts the new one in its place")
    }
    guard made.existing(.best) != nil else {
      throw CheckpointError(
        .exists, path: made.folder,
        "holds no \(CheckpointLabel.best.fileName), so it is no model that '--replace' may remove; move it away")
    }
    return made
  }

  /// Removes a folder of files.
  private static func removeFolder(_ path: String) {
    guard FileStatus.isFolder(path) else { return }
    let folder = Folder(path: path)
    for name in (try? folder.names()) ?? [] { folder.remove(name) }
    rmdir(path)
  }
}
