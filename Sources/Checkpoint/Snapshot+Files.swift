import OrderedCollections
import Tensors

extension Snapshot {
  /// Which parts of a file are loaded.
  public enum Parts: Sendable {
    case everything
    /// All but the optimizer and the average: what evaluation and prediction need, and often less than half of the file.
    case withoutOptimizer
  }

  /// Reads a checkpoint of any format into memory.
  /// - Parameters:
  ///   - path: The file.
  ///   - parts: What to load; the rest is `nil`.
  ///   - isVerifying: Whether the tensors are held against the digests or checksums of the file. That is done in several
  ///     threads as the bytes come in, and costs next to nothing.
  /// - Throws: ``CheckpointError``. A file that was cut, or whose bytes are not those that were written, never yields a
  ///   tensor: every bad tensor is named with its place in the file.
  public static func read(
    _ path: String, _ parts: Parts = .everything, verifying isVerifying: Bool = true
  ) throws -> Snapshot {
    var snapshot = try CheckpointFile(opening: path).snapshot()
    if parts == .withoutOptimizer {
      snapshot.removeAverage()
      snapshot.metadata.optimizer = nil
      snapshot.optimizerState = [:]
    }
    return try snapshot.loaded(isVerifying ? .verified : .unverified)
  }

  /// Opens a checkpoint whose tensors are views of the mapped file where its format allows that: of a native checkpoint
  /// all, at once, however large it is.
  ///
  /// Nothing of a tensor is read or checked before it is looked at. For a file that other programs might cut short in
  /// place, use ``read(_:_:verifying:)``: looking at a part that is gone ends the process.
  public static func open(_ path: String) throws -> Snapshot {
    try CheckpointFile(opening: path).snapshot().loaded(.view)
  }

  /// Writes a native checkpoint: all of it, verified and on the disk, or nothing.
  ///
  /// The file that had the name is replaced in one step at the very end. A crash, a full disk or any other failure leaves
  /// it as it was.
  /// - Throws: ``CheckpointError``: ``CheckpointError/Code/noSpace`` with what is needed and what is free.
  public func write(to path: String) throws { try NativeWriter().write(LazySnapshot(self), to: path) }
}
