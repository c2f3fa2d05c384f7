public import Tensors

/// A tensor as it stands in a file, not yet read.
public struct StoredTensor: Sendable, Hashable {
  /// Its place in ``FileContents/tensors``.
  public let index: Int
  /// Where it stands in the file's tree, from the root: `["net", "features.0.weight"]`.
  public let path: [String]
  /// What it is called: the state-dict name for a tensor of the net, and the path joined by dots for any other.
  public let name: String
  /// The type of the elements.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: Shape
  /// Where its bytes begin in the file, when they stand there in row-major, little-endian order.
  public let offset: Int?
  /// The digest that the file gives for its bytes: `xxh3-128:` and 32 hexadecimal digits.
  public let digest: String?

  /// The bytes that the elements take in memory.
  public var byteCount: Int { shape.count * dtype.size }

  /// A tensor of a file, whose bytes were held against the size of the file.
  package init(
    index: Int, path: [String], name: String? = nil, dtype: DType, shape: Shape, offset: Int? = nil,
    digest: String? = nil
  ) {
    self.index = index
    self.path = path
    self.name = name ?? path.joined(separator: ".")
    self.dtype = dtype
    self.shape = shape
    self.offset = offset
    self.digest = digest
  }
}
