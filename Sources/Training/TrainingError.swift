/// What training, evaluation or prediction could not do, and where.
public struct TrainingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, for programs.
  public enum Code: String, Sendable {
    /// A setting makes no sense; the message lists every such setting.
    case settings
    /// The data, the model and the checkpoint do not fit each other.
    case mismatch
    /// The loss is not finite any more.
    case diverged
    /// A run cannot be started or resumed as asked.
    case run
    /// A file that training itself keeps cannot be read or written.
    case file
  }

  /// The kind of error.
  public let code: Code
  /// A setting, a run, a file or a step; empty when the message says it.
  public let place: String
  /// What was found, what was expected and what to do.
  public let message: String

  /// An error at a place.
  public init(_ code: Code, at place: String = "", _ message: String) {
    self.code = code
    self.place = place
    self.message = message
  }

  /// `epoch 3, step 1204: the loss is nan …`
  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}
