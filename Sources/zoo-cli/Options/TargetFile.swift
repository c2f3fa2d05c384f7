import ArgumentParser
import Checkpoint
import Foundation

/// A file that a command writes, named by an option.
enum TargetFile {
  /// Refuses a name without the ending of its format: a slip such as the name of a checkpoint would overwrite that.
  /// - Parameter takesOutput: Whether `-` stands for standard output.
  static func check(_ path: String?, _ option: String, endings: [String], takesOutput: Bool = false) throws {
    guard let path, !(takesOutput && path == "-") else { return }
    guard endings.contains(where: { path.lowercased().hasSuffix($0) && path.count > $0.count }) else {
      throw ValidationError(
        "'\(option)' names the file to write, and '\(path.terminalEscaped)' is no name for it: end it with "
          + endings.joined(separator: " or ") + (takesOutput ? ", or give '-' for standard output" : ""))
    }
  }

  /// A path without links and detours, for comparisons.
  static func canonical(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }

  /// Refuses to write over what is read.
  static func check(_ path: String, isNot source: String) throws {
    guard canonical(path) != canonical(source) else {
      throw CommandError("'\(path.terminalEscaped)' is the file that is read, and would be lost; give another name")
    }
  }
}
