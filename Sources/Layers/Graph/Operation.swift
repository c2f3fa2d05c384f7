/// What a node of a ``Graph`` computes. Every operation keeps the batch as its outermost axis, which no attribute names.
///
/// The enumeration is closed: an engine that lacks a kernel or a gradient for a case does not compile.
public enum Operation: Sendable, Hashable, Codable {
  /// [C, H, W] → [O, H′, W′]; parameters weight [O, C/groups, kh, kw] and, with a bias, bias [O].
  case conv2d(Conv2dAttributes)
  /// [C, H, W] → [C, H + top + bottom, W + left + right].
  case zeroPad2d(Sides)
  /// [..., I] → [..., O]; parameters weight [O, I] and, with a bias, bias [O].
  case linear(inFeatures: Int, outFeatures: Int, bias: Bool)
  /// [C, H, W] → the same; parameters weight, bias, running_mean, running_var [C] and num_batches_tracked [].
  case batchNorm2d(features: Int, epsilon: Double, momentum: Double)
  /// [C, H, W] → the same: x / (k + α/size · Σ x²)^β over `size` neighbouring channels.
  case localResponseNorm(size: Int, alpha: Double, beta: Double, k: Double)
  /// [..., D] → the same, normalised along the last axis; parameters weight and bias [D].
  case layerNorm(features: Int, epsilon: Double)
  /// A function of each element, any shape.
  case activation(Activation)
  /// [C, H, W] → [C, H′, W′]; padding counts as −∞.
  case maxPool2d(PoolAttributes)
  /// [C, H, W] → [C, H′, W′]; padding counts as zeros.
  case avgPool2d(PoolAttributes, countIncludePad: Bool)
  /// [C, H, W] → [C, output]; bin i covers [⌊i·in/out⌋, ⌈(i+1)·in/out⌉).
  case adaptiveAvgPool2d(output: Pair)
  /// In training, zero with this probability and scaling by 1/(1−p) otherwise; in inference, nothing.
  case dropout(probability: Double)
  /// In training, zero for a whole image with this probability and scaling by 1/(1−p) otherwise; in inference, nothing.
  case stochasticDepth(probability: Double)
  /// Any shape → one axis: [C, H, W] → [C·H·W].
  case flatten
  /// The axes in another order: axis i of the result is axis `order[i]` of the input.
  case permute(order: [Int])
  /// The `count` elements of an axis from `start` on: PyTorch's `narrow`.
  case narrow(axis: Int, start: Int, count: Int)
  /// [C, H, W] → the same: channel i of group g becomes channel i·groups + g (Zhang et al. 2018, arXiv:1707.01083).
  case channelShuffle(groups: Int)
  /// [C, H, W] → [before + C + after, H, W], new channels of zeros.
  case padChannels(before: Int, after: Int)
  /// [C, H, W] → the same: scale·x + shift with constants for each channel.
  case channelAffine(scale: [Double], shift: [Double])
  /// [C, H, W] → the same, each channel times a number; parameter [C, 1, 1] (Touvron et al. 2021, arXiv:2103.17239).
  case layerScale(features: Int)
  /// [..., D] → [1 + T, D] with T the product of all axes but the last: a learned token before all others; parameter [1, 1, D]
  /// (Dosovitskiy et al. 2021, arXiv:2010.11929).
  case classToken(features: Int)
  /// [T, D] → the same: a learned vector is added to each token; parameter [1, T, D].
  case positionEmbedding(tokens: Int, features: Int)
  /// A map of tokens [H, W, D] → [H′, W′, D], the next multiples of a height and a width: zeros below and on the right.
  case padTokens(multiple: Pair)
  /// Two maps of tokens, [H′, W′, D] and [H, W, any] → [H, W, D]: of the first as much as the second is large.
  case cropTokens
  /// [H, W, D] → [⌈H/2⌉, ⌈W/2⌉, 4·D]: four neighbours as one token, the upper left, the lower left, the upper right and the lower
  /// right one, zeros where one is missing (Liu et al. 2021, arXiv:2103.14030).
  case mergePatches
  /// Queries, keys and values of tokens [..., 3·heads·headFeatures] → [..., heads·headFeatures], each of them head by head;
  /// parameters as ``AttentionAttributes`` says.
  case attention(AttentionAttributes)
  /// The sum of two inputs of one shape.
  case add
  /// The product of two inputs of one shape, or of [C, H, W] and [C, 1, 1].
  case multiply
  /// The inputs along the channel axis.
  case concat
}

/// The attributes of a two-dimensional convolution.
public struct Conv2dAttributes: Sendable, Hashable, Codable {
  public let inChannels, outChannels: Int
  public let kernel, stride, padding, dilation: Pair
  /// The number of groups of channels that do not see each other.
  public let groups: Int
  /// Whether a number per output channel is added.
  public let bias: Bool

  /// Channels are counted over all groups.
  public init(
    inChannels: Int, outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
    groups: Int = 1, bias: Bool = true
  ) {
    self.inChannels = inChannels
    self.outChannels = outChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
  }
}

/// The attributes of a two-dimensional pooling window.
public struct PoolAttributes: Sendable, Hashable, Codable {
  public let kernel, stride, padding, dilation: Pair
  /// Whether the output size rounds up, so that a last window may reach past the input.
  public let ceilMode: Bool

  /// The stride is the kernel unless given.
  public init(kernel: Pair, stride: Pair? = nil, padding: Pair = 0, dilation: Pair = 1, ceilMode: Bool = false) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
  }
}
