/// What a net's tensors alone do not tell, and Keras needs to know: what comes before a linear layer, and which convolutions
/// are depthwise. Whoever knows the architecture says it.
public struct KerasHints: Sendable, Hashable {
  /// The extents of the image that a Flatten turns into the input of a linear layer.
  public struct Image: Sendable, Hashable {
    /// Channels.
    public let channels: Int
    /// Rows.
    public let height: Int
    /// Columns.
    public let width: Int

    /// An image.
    public init(channels: Int, height: Int, width: Int) {
      self.channels = channels
      self.height = height
      self.width = width
    }
  }

  /// By the name of a linear layer's weights: `classifier.1.weight`.
  public var flattened: [String: Image]
  /// By the name of a depthwise convolution's weights: outputs for each input channel.
  public var depthwise: [String: Int]

  /// The names of the net's tensors in the order of its layers, by which Keras finds them; a file of safetensors by others
  /// has lost it. Without, the order is that of the file.
  public var order: [String]

  /// Hints; none by default.
  public init(flattened: [String: Image] = [:], depthwise: [String: Int] = [:], order: [String] = []) {
    self.flattened = flattened
    self.depthwise = depthwise
    self.order = order
  }
}
