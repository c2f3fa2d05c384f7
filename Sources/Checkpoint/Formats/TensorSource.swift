public import Tensors

/// How the bytes of a stored tensor are had.
public enum TensorAccess: Sendable, Hashable {
  /// Read into memory and held against the digest or checksum that the file has for them.
  case verified
  /// Read into memory as they are.
  case unverified
  /// A view of the mapped file, at once and unchecked, where that is possible; otherwise as ``unverified``.
  case view
}

/// A tensor that can be had: it is in memory, or stands in a file and is read when it is asked for.
///
/// A conversion goes from source to source, so that it never holds more than a few tensors.
public struct TensorSource: Sendable {
  /// The type of the elements.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: Shape
  /// Whether asking for it takes no memory.
  package let isInMemory: Bool
  private let load: @Sendable (TensorAccess) throws -> Tensor
  private let stream: Stream?

  /// Gives the bytes of a tensor in order, piece by piece.
  package typealias Stream = @Sendable (TensorAccess, (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  /// Whether ``forEachPiece(_:_:)`` takes no memory but for a few pieces.
  package var isStreamed: Bool { isInMemory || stream != nil }

  /// The bytes that the elements take.
  public var byteCount: Int { shape.count * dtype.size }

  /// A tensor that `load` gives, of exactly this type and shape.
  public init(_ shape: Shape, dtype: DType, load: @escaping @Sendable () throws -> Tensor) {
    self.init(shape, dtype: dtype, isInMemory: false) { _ in try load() }
  }

  /// A tensor that `load` gives, of exactly this type and shape, in the way that it is asked for.
  public init(_ shape: Shape, dtype: DType, accessing load: @escaping @Sendable (TensorAccess) throws -> Tensor) {
    self.init(shape, dtype: dtype, isInMemory: false, load: load)
  }

  /// A tensor of exactly this type and shape that `load` gives as a whole, and `stream`, when there is one, in pieces.
  package init(
    _ shape: Shape, dtype: DType, accessing load: @escaping @Sendable (TensorAccess) throws -> Tensor, stream: Stream?
  ) {
    self.init(shape, dtype: dtype, isInMemory: false, load: load, stream: stream)
  }

  /// A tensor that is in memory.
  public init(_ tensor: Tensor) { self.init(tensor.shape, dtype: tensor.dtype, isInMemory: true) { _ in tensor } }

  private init(
    _ shape: Shape, dtype: DType, isInMemory: Bool, load: @escaping @Sendable (TensorAccess) throws -> Tensor,
    stream: Stream? = nil
  ) {
    self.shape = shape
    self.dtype = dtype
    self.isInMemory = isInMemory
    self.load = load
    self.stream = stream
  }

  /// The tensor.
  /// - Throws: ``CheckpointError`` when it cannot be read, or is not what was written.
  public func tensor(_ access: TensorAccess = .verified) throws -> Tensor {
    if !isInMemory, access != .view { try FreeMemory.check(byteCount) }
    let tensor = try load(access)
    precondition(tensor.dtype == dtype && tensor.shape == shape, "a source gives the tensor that it announced")
    return tensor
  }

  /// Calls `body` with the elements' bytes in row-major, little-endian order, piece by piece, each of
  /// whole elements.
  /// - Throws: As ``tensor(_:)``, and what `body` throws. Whether the bytes are those that were written is known only when
  ///   all were given: after an error, nothing of them may be used.
  package func forEachPiece(
    _ access: TensorAccess = .verified, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard let stream else {
      return try tensor(access).withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: Pieces.size) {
          try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Pieces.size, bytes.count)]))
        }
      }
    }
    var count = 0
    try stream(access) { piece in
      count += piece.count
      try body(piece)
    }
    precondition(count == byteCount, "a source gives the bytes that it announced")
  }
}

extension FormatReader {
  /// A tensor in memory, if there is room for it.
  func checkedRead(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try FreeMemory.check(contents.tensors[index].byteCount)
    return try read(index, verifying: isVerifying)
  }

  /// A view, or a tensor in memory if there is room for it.
  func checkedView(_ index: Int) throws -> Tensor {
    if contents.tensors[index].offset == nil { try FreeMemory.check(contents.tensors[index].byteCount) }
    return try view(index)
  }

  /// A tensor of this file, by its place in ``FileContents/tensors``.
  package func source(_ index: Int) -> TensorSource {
    let stored = contents.tensors[index]
    let stream: TensorSource.Stream = { access, body in
      try self.stream(index, verifying: access == .verified, body)
    }
    return TensorSource(
      stored.shape, dtype: stored.dtype,
      accessing: { access in
        switch access {
        case .verified: try self.read(index, verifying: true)
        case .unverified: try self.read(index, verifying: false)
        case .view: try self.checkedView(index)
        }
      }, stream: isStreamed(index) ? stream : nil)
  }
}
