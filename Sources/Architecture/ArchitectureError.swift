import Checkpoint

/// What is wrong with a file that describes an architecture, and where.
public struct ArchitectureError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// From 1; 0 where the file as a whole is meant.
  public let line: Int
  /// From 1; 0 where the line as a whole is meant.
  public let column: Int
  /// What was found, what was expected and what to do. Names from the file are escaped.
  public let message: String

  init(_ path: String, _ problem: Problem) {
    self.path = path
    line = problem.place?.line ?? 0
    column = problem.place?.column ?? 0
    message = problem.message
  }

  /// `net.yaml, line 12, column 9: layer1.0.conv1: kernel 3 does not fit [1, 64, 2, 2]`
  public var description: String {
    path.terminalEscaped + (line > 0 ? ", line \(line)" : "") + (column > 0 ? ", column \(column)" : "") + ": "
      + message
  }
}

/// A place in a text.
struct Place: Sendable, Hashable {
  /// From 1.
  let line: Int
  /// From 1; 0 for the whole line.
  let column: Int
}

/// What is wrong at a place of a text that may come from a file or from a checkpoint.
struct Problem: Error {
  let place: Place?
  let message: String

  init(_ place: Place?, _ message: String) {
    self.place = place
    self.message = message
  }

  /// `line 12, column 9: …`
  var description: String { (place.map { "line \($0.line), column \($0.column): " } ?? "") + message }
}
