#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Checkpoints of later epochs, when a training goes on from an earlier one.
extension Run {
  /// Where checkpoints of an abandoned course are kept, under their names: they are no part of the run any more. Going back
  /// again replaces those of the same name.
  public var supersededFolder: String { Folder(path: folder).appending("superseded") }

  /// Moves checkpoints to ``supersededFolder``. Those that are not there are no error.
  package func setAside(_ labels: [CheckpointLabel]) throws {
    for label in labels {
      guard let path = existing(label) else { continue }
      let target = try placeAside(of: label)
      try SystemCall.check(path, "rename to \(target.terminalEscaped)") { rename(path, target) }
    }
    guard !labels.isEmpty, FileStatus.isFolder(supersededFolder) else { return }
    try Folder(path: supersededFolder).synchronize()
    try Folder(path: folder).synchronize()
  }

  /// Keeps a checkpoint whose name is about to be another's in ``supersededFolder`` too, where the file system has links.
  package func keepAside(_ label: CheckpointLabel) throws {
    guard let path = existing(label) else { return }
    _ = try Publication.link(path, as: placeAside(of: label))
  }

  private func placeAside(of label: CheckpointLabel) throws -> String {
    try Folder(path: supersededFolder).create()
    return Folder(path: supersededFolder).appending(label.fileName)
  }
}
