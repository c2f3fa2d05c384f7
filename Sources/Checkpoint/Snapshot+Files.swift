import Tensors

extension Snapshot {
  /// Which parts of a file are loaded.
  public enum Parts: Sendable {
    case everything
    /// All but the optimizer: what evaluation and prediction need, and often less than half of the file.
    case withoutOptimizer
  }

  /// Reads a native checkpoint into memory.
  /// - Parameters:
  ///   - path: The file.
  ///   - parts: What to load; the rest is `nil`.
  ///   - isVerifying: Whether the digests of the tensors are checked. They are checked in several threads as the bytes
  ///     come in, and cost next to nothing.
  /// - Throws: ``CheckpointError``. A file that was cut, or whose bytes are not those that were written, never yields a
  ///   tensor: every bad tensor is named with its place in the file.
  public static func read(
    _ path: String, _ parts: Parts = .everything, verifying isVerifying: Bool = true
  ) throws -> Snapshot {
    let file = try CheckpointFile(opening: path)
    let entries = file.entries.filter { parts == .everything || $0.path.first != NativeLayout.optimizer }
    var tensors = try TensorReader.read(entries.compactMap(\.content), of: file.file, isVerifying: isVerifying)[...]
    let loaded = entries.map { entry in entry.map { _ in tensors.removeFirst() } }
    return try NativeDecoder(loaded, path: path).snapshot
  }

  /// Opens a native checkpoint whose tensors are views of the mapped file, at once, however large it is.
  ///
  /// Nothing of a tensor is read or checked before it is looked at. For a file that other programs might cut short in
  /// place, use ``read(_:_:verifying:)``: looking at a part that is gone ends the process.
  public static func open(_ path: String) throws -> Snapshot {
    let file = try CheckpointFile(opening: path)
    return try NativeDecoder(file.entries.map { $0.map(file.tensor) }, path: path).snapshot
  }

  /// Writes a native checkpoint: all of it, verified and on the disk, or nothing.
  ///
  /// The file that had the name is replaced in one step at the very end. A crash, a full disk or any other failure leaves
  /// it as it was.
  /// - Throws: ``CheckpointError``: ``CheckpointError/Code/noSpace`` with what is needed and what is free.
  public func write(to path: String) throws { try NativeWriter(path: path).write(self) }
}
