import Tensors

/// How the elements of a variable are ordered in Keras, and in PyTorch.
enum KerasLayout: Sendable, Hashable {
  /// The same in both.
  case same
  /// A convolution's weights: [O, I, H, W] here, [H, W, I, O] in Keras.
  case convolution
  /// A depthwise convolution's weights: [C·m, 1, H, W] here, [H, W, C, m] in Keras.
  case depthwise(multiplier: Int)
  /// A linear layer's weights: [O, I] here, [I, O] in Keras.
  case dense
  /// The same behind a Flatten of [C, H, W], which Keras flattens as [H, W, C].
  case flattened(channels: Int, height: Int, width: Int)

  /// The way from PyTorch's order into Keras'; `nil` when there is none for tensors of this shape.
  func permutation(from shape: Shape) -> TensorPermutation? {
    let extents = shape.dimensions
    switch self {
    case .same: return TensorPermutation(extents, Array(extents.indices))
    case .convolution:
      return extents.count == 4 ? TensorPermutation(extents, [2, 3, 1, 0]) : nil
    case .depthwise(let multiplier):
      guard extents.count == 4, extents[1] == 1, multiplier > 0, extents[0] % multiplier == 0 else { return nil }
      return TensorPermutation([extents[0] / multiplier, multiplier, extents[2], extents[3]], [2, 3, 0, 1])
    case .dense: return extents.count == 2 ? TensorPermutation(extents, [1, 0]) : nil
    case .flattened(let channels, let height, let width):
      guard extents.count == 2, channels * height * width == extents[1] else { return nil }
      return TensorPermutation(
        [extents[0], channels, height, width], [2, 3, 1, 0], result: [extents[1], extents[0]])
    }
  }

  /// The shape in PyTorch for a shape in Keras; `nil` when there is none.
  func torchShape(of keras: Shape) -> Shape? {
    let extents = keras.dimensions
    switch self {
    case .same: return keras
    case .convolution: return extents.count == 4 ? Shape([extents[3], extents[2], extents[0], extents[1]]) : nil
    case .depthwise(let multiplier):
      guard extents.count == 4, extents[3] == multiplier else { return nil }
      return Shape([extents[2] * multiplier, 1, extents[0], extents[1]])
    case .dense, .flattened: return extents.count == 2 ? Shape([extents[1], extents[0]]) : nil
    }
  }

  /// The same tensor in Keras' order.
  func keras(_ source: TensorSource) -> TensorSource? {
    if self == .same { return source }
    return permutation(from: source.shape)?.applied(to: source)
  }

  /// The same tensor in PyTorch's order.
  func torch(_ source: TensorSource) -> TensorSource? {
    if self == .same { return source }
    guard let shape = torchShape(of: source.shape), let there = permutation(from: shape),
      there.result == source.shape
    else { return nil }
    return there.inverse(to: shape).applied(to: source)
  }

  /// What notes in a file say: `["flattened", 256, 6, 6]`.
  var json: JSONValue {
    switch self {
    case .same: ["same"]
    case .convolution: ["convolution"]
    case .depthwise(let multiplier): ["depthwise", .integer(multiplier)]
    case .dense: ["dense"]
    case .flattened(let channels, let height, let width):
      ["flattened", .integer(channels), .integer(height), .integer(width)]
    }
  }

  /// Reads ``json``.
  init?(_ json: JSONValue?) {
    guard let parts = json?.array, let name = parts.first?.string else { return nil }
    let numbers = parts.dropFirst().compactMap(\.integer).filter { (1...1 << 20).contains($0) }
    guard numbers.count == parts.count - 1 else { return nil }
    switch (name, numbers.count) {
    case ("same", 0): self = .same
    case ("convolution", 0): self = .convolution
    case ("depthwise", 1): self = .depthwise(multiplier: numbers[0])
    case ("dense", 0): self = .dense
    case ("flattened", 3): self = .flattened(channels: numbers[0], height: numbers[1], width: numbers[2])
    default: return nil
    }
  }
}
