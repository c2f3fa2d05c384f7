package import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A tensor that grows along its first axis, on the disk and not in memory, until it is written into a file.
///
/// It lies in a file without a name, which is gone with it.
///
/// `@unchecked Sendable` holds because a spool is filled by one thread before its source is made, which only reads.
package final class TensorSpool: @unchecked Sendable {
  private let file: OpenFile
  private let dtype: DType
  /// The extents of one row; `nil` before the first.
  private var rowShape: Shape?
  private var rows = 0
  private var byteCount = 0

  /// An empty tensor.
  /// - Parameter path: The file that it is going to be written into; the spool takes room on the same disk.
  /// - Throws: ``CheckpointError`` when no file can be made there.
  package init(for path: String, dtype: DType) throws {
    let name = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).spool"
    file = try OpenFile(name, .create)
    unlink(name)
    self.dtype = dtype
  }

  /// Adds rows.
  /// - Parameter tensor: [rows, ...], of the spool's type and the extents of the rows before.
  package func append(_ tensor: Tensor) throws {
    let shape = Shape(Array(tensor.shape.dimensions.dropFirst()))
    precondition(tensor.dtype == dtype && (rowShape ?? shape) == shape, "rows of a tensor have one type and shape")
    rowShape = shape
    try tensor.withUnsafeBytes { bytes in
      try file.write(bytes, at: byteCount)
      byteCount += bytes.count
    }
    rows += tensor.shape[0]
  }

  /// The tensor, read piece by piece.
  package var source: TensorSource {
    let shape = Shape([rows] + (rowShape?.dimensions ?? []))
    let (file, dtype, byteCount) = (file, dtype, byteCount)
    return TensorSource(
      shape, dtype: dtype,
      accessing: { _ in
        try Tensor(shape, dtype: dtype) { try file.read(into: $0, at: 0) }
      },
      stream: { _, body in try file.forEachPiece(of: byteCount, at: 0, body) })
  }
}
