import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder that appears when all of it is written: until then it is a neighbour, `NAME.part`, so that nobody takes a part of
/// it for the whole.
package enum NewFolder {
  /// Makes a folder.
  /// - Parameters:
  ///   - path: Where it is to be; nothing is there yet, or an empty folder.
  ///   - write: Fills the folder that it is told, which is there.
  /// - Throws: ``DatasetsError`` when something is in the way, before anything is written; or what `write` throws, after what
  ///   it wrote is removed. Of a process that is killed the neighbour remains.
  package static func make(at path: String, _ write: (_ unfinished: String) throws -> Void) throws {
    let target = String(path.reversed().drop { $0 == "/" }.reversed())
    let name = target.split(separator: "/").last ?? ""
    guard !name.isEmpty, name != ".", name != ".." else {
      throw DatasetsError(.argument, at: path, "is no name for a new folder: name one within it")
    }
    try checkIsFree(target)
    let unfinished = target + ".part"
    guard !FileManager.default.fileExists(atPath: unfinished) else {
      throw DatasetsError(
        .argument, at: unfinished,
        "is what is left of writing \(printable(target)) before, or somebody is writing it now: remove it if nobody is")
    }
    do {
      try FileManager.default.createDirectory(atPath: unfinished, withIntermediateDirectories: true)
    } catch {
      throw DatasetsError(
        .unreadable, at: unfinished, "this folder cannot be made: check the disk and its permissions")
    }
    do {
      try write(unfinished)
      guard rename(unfinished, target) == 0 else {
        throw DatasetsError(
          .unreadable, at: target,
          "cannot take the place that it is written for (\(String(cString: strerror(errno)))): is something there now?")
      }
    } catch {
      try? FileManager.default.removeItem(atPath: unfinished)
      throw error
    }
  }

  private static func checkIsFree(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let listing = try DirectoryListing(path)
    guard listing.files.isEmpty && listing.folders.isEmpty else {
      throw DatasetsError(.argument, at: path, "is not empty: name a new folder, or remove what is there")
    }
  }
}
