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
    if let problem = problem(name) {
      throw CheckpointError(.invalid, "'\(name.terminalEscaped)' cannot be the name of a model: \(problem)")
    }
    let store = Folder(path: folder)
    let made = Run(name: name, folder: store.appending(name))
    guard replaces || !FileStatus.exists(made.folder) else {
      throw CheckpointError(
        .exists, path: made.folder, "there is a model of this name already; '--replace' puts the new one in its place")
    }
    try store.create()
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let draft = Run(name: name, folder: store.appending(".\(name).\(unique)"))
    guard try Folder(path: draft.folder).createNew() else {
      throw CheckpointError(.exists, path: draft.folder, "the name of the draft is taken; try again")
    }
    defer { removeFolder(draft.folder) }
    try fill(draft)
    try Folder(path: draft.folder).synchronize()
    let aside = store.appending(".\(name).\(unique).old")
    if FileStatus.exists(made.folder) {
      try SystemCall.check(made.folder, "rename to \(aside.terminalEscaped)") { rename(made.folder, aside) }
    }
    defer { removeFolder(aside) }
    try SystemCall.check(made.folder, "rename \(draft.folder.terminalEscaped)") { rename(draft.folder, made.folder) }
    try store.synchronize()
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
