public import Tensors

/// A tensor that can be had: it is in memory, or stands in a file and is read when it is asked for.
///
/// A conversion goes from source to source, so that it never holds more than a few tensors.
public struct TensorSource: Sendable {
  /// The type of the elements.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: Shape
  private let load: @Sendable () throws -> Tensor

  /// The bytes that the elements take.
  public var byteCount: Int { shape.count * dtype.size }

  /// A tensor that `load` gives, of exactly this type and shape.
  public init(_ shape: Shape, dtype: DType, load: @escaping @Sendable () throws -> Tensor) {
    self.dtype = dtype
    self.shape = shape
    self.load = load
  }

  /// A tensor that is in memory.
  public init(_ tensor: Tensor) { self.init(tensor.shape, dtype: tensor.dtype) { tensor } }

  /// The tensor.
  /// - Throws: ``CheckpointError`` when it cannot be read, or is not what was written.
  public func tensor() throws -> Tensor {
    let tensor = try load()
    precondition(tensor.dtype == dtype && tensor.shape == shape, "a source gives the tensor that it announced")
    return tensor
  }
}
