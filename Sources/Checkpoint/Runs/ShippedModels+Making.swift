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
    let store = Folder(path: folder)
    clearAbandoned(name, in: store)
    let made = try check(name, in: folder, replaces: replaces)
    try store.create()
    let unique = String(UInt32.random(in: .min ... .max), radix: 36)
    let draft = Run(name: name, folder: store.appending(".\(name).\(unique)"))
    guard try Folder(path: draft.folder).createNew() else {
      throw CheckpointError(.exists, path: draft.folder, "the name of the draft is taken; try again")
    }
    let lock = FolderLock(draft.folder)
    defer { withExtendedLifetime(lock) { removeFolder(draft.folder) } }
    // Between its making and the lock another process may have taken it for abandoned.
    guard FileStatus.isFolder(draft.folder) else {
      throw CheckpointError(.busy, path: draft.folder, "another process makes a model of this name; try again")
    }
    try fill(draft)
    try Folder(path: draft.folder).synchronize()
    // Another process may have made a model of this name meanwhile.
    try check(name, in: folder, replaces: replaces)
    let aside = draft.folder + asideSuffix
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

  /// How the folder of a model ends that gives way to another.
  private static let asideSuffix = ".old"

  /// Removes what killed processes left of a model, and brings back one that had given way to another that did not come.
  private static func clearAbandoned(_ name: String, in store: Folder) {
    let prefix = ".\(name)."
    let names = ((try? store.names()) ?? []).filter {
      guard $0.hasPrefix(prefix) else { return false }
      let unique = $0.dropFirst(prefix.count)
      return !(unique.hasSuffix(asideSuffix) ? unique.dropLast(asideSuffix.count) : unique).contains(".")
    }
    // A draft comes after the model that gives way to it, and says of both whether somebody is at work.
    for aside in names where aside.hasSuffix(asideSuffix) {
      let draft = store.appending(String(aside.dropLast(asideSuffix.count)))
      if FileStatus.isFolder(draft), FolderLock(draft) == nil { continue }
      if FileStatus.exists(store.appending(name)) {
        removeFolder(store.appending(aside))
      } else {
        rename(store.appending(aside), store.appending(name))
      }
    }
    for draft in names where !draft.hasSuffix(asideSuffix) && FolderLock(store.appending(draft)) != nil {
      removeFolder(store.appending(draft))
    }
  }

  /// Removes a folder of files.
  private static func removeFolder(_ path: String) {
    guard FileStatus.isFolder(path) else { return }
    let folder = Folder(path: path)
    for name in (try? folder.names()) ?? [] { folder.remove(name) }
    rmdir(path)
  }
}

/// A folder that this process has locked; the kernel unlocks it when the process ends, however it ends.
private final class FolderLock {
  private let descriptor: Int32

  /// `nil` when another has it, or it cannot be locked.
  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
