extension Operation {
  /// What a layer is called in tables and drawings: PyTorch's class name and what tells two of them apart. `Conv2d 11x11 /4`
  /// has the kernel, and the stride when it is not 1.
  public var summary: String {
    switch self {
    case .conv2d(let attributes):
      "Conv2d" + Self.window(attributes.kernel, attributes.stride)
        + (attributes.groups > 1 ? " groups \(attributes.groups)" : "")
    case .zeroPad2d: "ZeroPad2d"
    case .linear: "Linear"
    case .batchNorm2d: "BatchNorm2d"
    case .localResponseNorm: "LocalResponseNorm"
    case .layerNorm: "LayerNorm"
    case .activation(let function): function.className
    case .maxPool2d(let attributes): "MaxPool2d" + Self.window(attributes.kernel, attributes.stride)
    case .avgPool2d(let attributes, _): "AvgPool2d" + Self.window(attributes.kernel, attributes.stride)
    case .adaptiveAvgPool2d(let output): "AdaptiveAvgPool2d \(output)"
    case .dropout(let probability): "Dropout \(Self.rounded(probability))"
    case .stochasticDepth(let probability): "StochasticDepth \(Self.rounded(probability))"
    case .flatten: "Flatten"
    case .permute(let order): "Permute " + order.map { String($0 + 1) }.joined(separator: " ")
    case .narrow(_, let start, let count): "Narrow \(start)..<\(start + count)"
    case .channelShuffle(let groups): "ChannelShuffle \(groups)"
    case .padChannels: "PadChannels"
    case .channelAffine: "ChannelAffine"
    case .layerScale: "LayerScale"
    case .classToken: "ClassToken"
    case .positionEmbedding: "PositionEmbedding"
    case .padTokens: "PadTokens"
    case .cropTokens: "CropTokens"
    case .mergePatches: "PatchMerging"
    case .attention(let attributes): Self.attention(attributes)
    case .add: "Add"
    case .multiply: "Multiply"
    case .concat: "Concat"
    }
  }

  /// Kinds of operations that a drawing gives one colour.
  enum Kind: CaseIterable {
    case convolution, linear, attention, normalization, activation, pooling, junction, other
  }

  /// The kind that it is of.
  var kind: Kind {
    switch self {
    case .conv2d: .convolution
    case .linear: .linear
    case .attention: .attention
    case .batchNorm2d, .localResponseNorm, .layerNorm, .layerScale, .channelAffine: .normalization
    case .activation: .activation
    case .maxPool2d, .avgPool2d, .adaptiveAvgPool2d: .pooling
    case .add, .multiply, .concat: .junction
    case .classToken, .positionEmbedding, .padTokens, .cropTokens, .mergePatches: .other
    case .zeroPad2d, .dropout, .stochasticDepth, .flatten, .permute, .narrow, .channelShuffle, .padChannels: .other
    }
  }

  /// `Attention 12 heads`, with the windows or the grid.
  private static func attention(_ attributes: AttentionAttributes) -> String {
    let heads = attributes.heads == 1 ? "1 head" : "\(attributes.heads) heads"
    switch attributes.span {
    case .all: return "Attention \(heads)"
    case .windows(let size, let shift):
      return "Attention \(heads) windows \(size.height)x\(size.width)" + (shift == 0 ? "" : " shifted \(shift)")
    case .grid(let size): return "Attention \(heads) grids \(size.height)x\(size.width)"
    }
  }

  private static func window(_ kernel: Pair, _ stride: Pair) -> String {
    let size = kernel.height == kernel.width ? "\(kernel)x\(kernel)" : "\(kernel)"
    return " \(size)" + (stride == 1 ? "" : " /\(stride)")
  }

  /// A probability with at most three decimals.
  private static func rounded(_ probability: Double) -> String {
    let text = "\((probability * 1000).rounded() / 1000)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
