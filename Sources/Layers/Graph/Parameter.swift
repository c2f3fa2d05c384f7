public import Tensors

/// One tensor of a state dict: its name, its extents, how it starts and whether training changes it.
public struct Parameter: Sendable, Hashable {
  /// What a tensor of a state dict is for.
  public enum Role: String, Sendable, Hashable {
    /// The optimizer changes it.
    case trainable
    /// Saved with the model and changed by the forward pass, as running statistics are, or not at all.
    case buffer
  }

  /// The state-dict name, `features.0.weight`.
  public let name: String
  /// The extents, outermost axis first.
  public let shape: Shape
  /// The type of the elements.
  public let dtype: DType
  /// Whether training changes it.
  public let role: Role
  /// How it starts.
  public let initializer: Initializer

  /// Roles other than `trainable` get no gradient.
  public init(
    name: String, shape: Shape, dtype: DType = .float32, role: Role = .trainable, initializer: Initializer
  ) {
    self.name = name
    self.shape = shape
    self.dtype = dtype
    self.role = role
    self.initializer = initializer
  }
}
