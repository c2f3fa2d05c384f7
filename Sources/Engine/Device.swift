/// Where a program runs.
public enum Device: Sendable, Hashable, CustomStringConvertible {
  /// The processor, through oneDNN.
  case cpu

  /// `cpu`
  public var description: String { "cpu" }

  /// The device that a user names: `auto`, `cpu`, `cuda` or `cuda:N`.
  /// - Throws: ``EngineError`` for `cuda`, which this build has none of, and for unknown names.
  public init(parsing name: String) throws(EngineError) {
    switch name {
    case "auto", "cpu": self = .cpu
    case _ where name == "cuda" || name.hasPrefix("cuda:"):
      throw EngineError(
        .device, "this build has no CUDA device; use '--device cpu', or 'auto' to take the best there is")
    default:
      throw EngineError(.device, "no device is called '\(name)'; there are 'auto', 'cpu' and 'cuda[:N]'")
    }
  }
}
