/// What is wrong with a network or its input, and where.
public struct LayersError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// An operation cannot take its input's shape.
    case shape
    /// The image is too small: a kernel does not fit what is left of it.
    case inputSize
    /// An argument of a model makes no sense.
    case argument
  }

  /// The kind of error.
  public let code: Code
  /// The module path, `features.3`; empty when the network as a whole is meant.
  public let module: String
  /// What was found, what was expected and what to do.
  public let message: String

  /// An error at a module.
  public init(_ code: Code, module: String, _ message: String) {
    self.code = code
    self.module = module
    self.message = message
  }

  /// `features.3: kernel 3 does not fit [1, 64, 2, 2]`
  public var description: String { module.isEmpty ? message : "\(module): \(message)" }
}
