/// What the engine could not do, and where.
public struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// The graph and the input or the batch do not fit each other.
    case shape
    /// The tensors of a state dict are not those of the graph.
    case state
    /// An option makes no sense.
    case option
    /// This build or machine has no such device, or not the instructions that were asked for.
    case device
    /// oneDNN refused; the message holds its reason.
    case backend
  }

  /// The kind of error.
  public let code: Code
  /// The module path, `features.3`; empty when the network as a whole is meant.
  public let module: String
  /// What was found, what was expected and what to do.
  public let message: String

  /// An error at a module.
  public init(_ code: Code, module: String = "", _ message: String) {
    self.code = code
    self.module = module
    self.message = message
  }

  /// `features.3: …`
  public var description: String { module.isEmpty ? message : "\(module): \(message)" }
}
