import Tensors

/// The layers of Keras that are known here: what their variables are called, in Keras' order, and what they are in PyTorch.
struct KerasLayerKind: Sendable, Hashable {
  /// What the class is called in files, `conv2d`.
  let className: String
  /// The variables: Keras' name, PyTorch's name.
  let variables: [Variable]

  struct Variable: Sendable, Hashable {
    let keras: String
    let torch: String
  }

  init(_ className: String, _ variables: [(String, String)]) {
    self.className = className
    self.variables = variables.map { Variable(keras: $0.0, torch: $0.1) }
  }

  static let convolution = KerasLayerKind("conv2d", [("kernel", "weight"), ("bias", "bias")])
  static let depthwise = KerasLayerKind(
    "depthwise_conv2d", [("depthwise_kernel", "weight"), ("bias", "bias")])
  static let dense = KerasLayerKind("dense", [("kernel", "weight"), ("bias", "bias")])
  static let batchNormalization = KerasLayerKind(
    "batch_normalization",
    [("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean"), ("moving_variance", "running_var")])
  static let layerNormalization = KerasLayerKind("layer_normalization", [("gamma", "weight"), ("beta", "bias")])
  static let embedding = KerasLayerKind("embedding", [("embeddings", "weight")])
  static let prelu = KerasLayerKind("p_re_lu", [("alpha", "weight")])
  static let separable = KerasLayerKind(
    "separable_conv2d", [("depthwise_kernel", "depthwise"), ("pointwise_kernel", "pointwise"), ("bias", "bias")])

  private static let known = [
    convolution, depthwise, dense, batchNormalization, layerNormalization, embedding, prelu, separable,
    KerasLayerKind("conv2d_transpose", [("kernel", "weight"), ("bias", "bias")]),
    KerasLayerKind("conv1d", [("kernel", "weight"), ("bias", "bias")]),
    KerasLayerKind("group_normalization", [("gamma", "weight"), ("beta", "bias")]),
  ]

  /// The class and the number of a group of a file: `conv2d_12` is the thirteenth of its class, `conv2d` the first.
  static func split(_ group: String) -> (className: String, number: Int) {
    guard let mark = group.lastIndex(of: "_"), let number = Int(group[group.index(after: mark)...]), number > 0 else {
      return (group, 0)
    }
    return (String(group[..<mark]), number)
  }

  /// The names of so many variables of a class. Of a batch normalisation without gamma or beta, what is left out cannot be
  /// told; without gamma is far more usual.
  static func names(of className: String, count: Int) -> [String] {
    let all = known.first { $0.className == className }?.variables.map(\.keras) ?? []
    if className == batchNormalization.className, count < all.count { return Array(all.suffix(count)) }
    return (0..<count).map { $0 < all.count ? all[$0] : "\($0)" }
  }
}
