public import Tensors

/// A tensor as it stands in a file, not yet read.
public struct StoredTensor: Sendable, Hashable {
  /// Where it stands in the file's tree, from the root: `["net", "features.0.weight"]`.
  public let path: [String]
  /// What it is called: the state-dict name for a tensor of the net, and the path joined by dots for any other.
  public let name: String
  /// The type of the elements.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: Shape
  /// Where its bytes begin in the file; `nil` when it has none.
  public let offset: Int?
  /// The digest that the file gives for its bytes: `xxh3-128:` and 32 hexadecimal digits.
  public let digest: String?

  /// The bytes that the elements take.
  public var byteCount: Int { shape.count * dtype.size }
}
