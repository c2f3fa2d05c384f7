import Datasets
import Foundation

/// The few questions about files that training asks.
enum FileSystem {
  /// Whether there is anything at a path.
  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Whether a path is a folder or a link to one.
  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The names in a folder.
  static func names(in folder: String) throws(DatasetsError) -> Set<String> {
    do {
      return Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    } catch {
      throw DatasetsError(.unreadable, at: folder, "the folder cannot be read: check its permissions")
    }
  }
}
