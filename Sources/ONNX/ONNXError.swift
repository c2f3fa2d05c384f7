/// What could not be written as ONNX or read from it, and where.
public struct ONNXError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// An option makes no sense.
    case option
    /// A layer, an operator or a version that the other side does not have.
    case unsupported
    /// The graph and its weights do not fit each other.
    case mismatch
  }

  /// The kind of error.
  public let code: Code
  /// The module path, `features.3`, or the file; empty when the message says it.
  public let place: String
  /// What was found, what was expected and what to do. Names from files are escaped: it can be printed as it is.
  public let message: String

  /// An error at a place.
  public init(_ code: Code, at place: String = "", _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }

  /// `features.3: …`
  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}
