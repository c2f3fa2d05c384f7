/// Writes files of one format.
package protocol FormatWriter: Sendable {
  /// What files of this format cannot hold of a snapshot, each with the reason; empty when they hold all of it.
  func losses(of snapshot: LazySnapshot) -> [Loss]

  /// Writes all of a snapshot that the format can hold: verified, on the disk, and published at once (``Publication``).
  /// Tensors are asked for one by one, or a few at a time, and let go.
  func write(_ snapshot: LazySnapshot, to path: String) throws
}

/// Something that a format has no place for.
public struct Loss: Sendable, Hashable {
  /// What is lost: `the optimizer's state (16 tensors)`, `features.0.weight`.
  public let what: String
  /// Why: `npz has no bfloat16`.
  public let why: String

  /// A loss.
  public init(_ what: String, why: String) {
    self.what = what
    self.why = why
  }
}
