#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that another file names: they lie in its folder, or are not opened.
enum NeighbourFile {
  /// Opens a file beside another one, or in a folder beside it.
  ///
  /// It may be no link, unless both are links into one folder: the cache of Hugging Face keeps files under other names
  /// there.
  /// - Parameters:
  ///   - name: A path without `..`, as the file says it.
  ///   - path: The file that says so.
  /// - Throws: ``CheckpointError/Code/refused`` for paths and links that lead elsewhere,
  ///   ``CheckpointError/Code/notFound`` when there is none.
  static func open(_ name: String, beside path: String) throws -> OpenFile {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isInside = parts.allSatisfy { !["", ".", ".."].contains($0) } && !name.utf8.contains(0)
    guard isInside, name.utf8.count < 4096 else {
      throw CheckpointError(
        .refused, path: path,
        "it names the file '\(name.prefix(200).description.terminalEscaped)'; it may name files of its own folder only")
    }
    let neighbour = Folder(path: FilePath.folder(of: path)).appending(name)
    let file: OpenFile
    do {
      file = try OpenFile(neighbour, .read)
    } catch let error as CheckpointError where error.code == .notFound {
      throw CheckpointError(
        .notFound, path: path, "it names the file '\(name.terminalEscaped)', which is not beside it; fetch that too")
    }
    try FileKind.checkOrdinary(file)
    let folder = real(FilePath.folder(of: path)).map { Folder(path: $0).appending(name) }
    let own = real(path).map(FilePath.folder)
    guard let target = real(neighbour), target == folder || FilePath.folder(of: target) == own else {
      throw CheckpointError(
        .refused, path: path,
        "the file '\(name.terminalEscaped)' is a link that leads out of its folder; put the file itself there")
    }
    return file
  }

  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
