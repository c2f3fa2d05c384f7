package import Tensors

/// An open file of one format.
///
/// Opening reads what the file says of its tensors and nothing of their bytes, executes nothing, follows nothing out of the
/// file's folder, and takes no memory on the file's word: every length is held against the file first.
package protocol FormatReader: Sendable {
  /// What the file holds.
  var contents: FileContents { get }

  /// Reads a tensor into memory: its elements in row-major, little-endian order.
  /// - Parameters:
  ///   - index: Its place in ``FileContents/tensors``.
  ///   - isVerifying: Whether its bytes are held against the digest or checksum that the file has for them.
  /// - Throws: ``CheckpointError/Code/corrupt`` naming the tensor and its place in the file.
  func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor

  /// The tensor as a view of the mapped file, at once and unchecked, where the file has its elements in row-major order;
  /// otherwise ``read(_:verifying:)``.
  func view(_ index: Int) throws -> Tensor

  /// Whether ``stream(_:verifying:_:)`` gives the tensor in pieces.
  func isStreamed(_ index: Int) -> Bool

  /// Calls `body` with the bytes of a tensor in order, piece by piece, as ``TensorSource/forEachPiece(_:_:)`` says, when
  /// the tensor ``isStreamed(_:)``.
  func stream(_ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void) throws

  /// What the file means: which tensors are parameters, which the optimizer's, and the training's position.
  func snapshot() throws -> LazySnapshot
}

extension FormatReader {
  package func isStreamed(_ index: Int) -> Bool { false }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    preconditionFailure("\(contents.format) gives no tensor in pieces")
  }
}
