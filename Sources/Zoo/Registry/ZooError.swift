/// What is wrong with the choice of a model.
public struct ZooError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// No model has the name.
    case unknownModel
    /// An argument is out of range, or the model does not have it.
    case argument
  }

  /// The kind of error.
  public let code: Code
  /// The model; empty when there is none.
  public let model: String
  /// What was found, what was expected and what to do.
  public let message: String

  /// An error about a model.
  package init(_ code: Code, model: String = "", _ message: String) {
    self.code = code
    self.model = model
    self.message = message
  }

  /// `alexnet: the number of classes is 0, but must be in 1...1000000`
  public var description: String { model.isEmpty ? message : "\(model): \(message)" }
}
