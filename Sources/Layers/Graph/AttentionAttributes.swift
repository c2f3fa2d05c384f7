/// The attributes of multi-head attention (Vaswani et al. 2017, arXiv:1706.03762).
///
/// The tokens of an image fall into groups; in each, and for each head, a token gives the sum of the group's values, weighted
/// by softmax(similarity of its query and their keys + bias).
///
/// Parameters, in order, with heads h, features of a head f, and groups of p × q tokens:
/// - for ``Similarity/cosine``: logit_scale [h, 1, 1] and bias [3·h·f];
/// - for ``PositionBias/table``: table [(2p − 1)·(2q − 1), h] and index, int64 of p·q·p·q elements;
/// - for ``PositionBias/network(hidden:)``: coordinates [1, 2p − 1, 2q − 1, 2], index, and the network's two weights with the bias
///   between: [hidden, 2], [hidden] and [h, hidden].
public struct AttentionAttributes: Sendable, Hashable, Codable {
  /// Which tokens are in a group.
  public enum Span: Sendable, Hashable, Codable {
    /// All of an image.
    case all
    /// Neighbours in a map of tokens [H, W]: windows of a size that tile it (Liu et al. 2021, arXiv:2103.14030).
    ///
    /// First the map is rolled up and to the left by `shift`, but not along an axis that one window covers. Tokens of a
    /// window that are no neighbours in the map see each other with −100 added to their similarity.
    case windows(Pair, shift: Pair)
    /// A grid of so many rows and columns, evenly spread over the map (Tu et al. 2022, arXiv:2204.01697).
    case grid(Pair)
  }

  /// How alike a query and a key are.
  public enum Similarity: Sendable, Hashable, Codable {
    /// Their product, times a number.
    case dotProduct(scale: Double)
    /// The cosine of their angle, times exp(min(logit_scale, ln 100)). Before, queries and values get a bias and keys none
    /// (Liu et al. 2022, arXiv:2111.09883).
    case cosine
  }

  /// What is added to a similarity for where two tokens of a group stand, relative to each other.
  public enum PositionBias: Sendable, Hashable, Codable {
    /// Nothing.
    case none
    /// A learned number for each relative position and head, found by an index.
    case table
    /// 16·sigmoid of what a network of one hidden layer, with ReLU, makes of the relative position.
    case network(hidden: Int)
  }

  /// The heads, and the features of each.
  public let heads, headFeatures: Int
  /// Which tokens are in a group.
  public let span: Span
  /// How alike a query and a key are.
  public let similarity: Similarity
  /// What is added to a similarity.
  public let positionBias: PositionBias

  /// The similarity is the scaled product, q·k / √headFeatures, unless given. Only groups of a given size can have a bias.
  public init(
    heads: Int, headFeatures: Int, span: Span = .all, similarity: Similarity? = nil, positionBias: PositionBias = .none
  ) {
    self.heads = heads
    self.headFeatures = headFeatures
    self.span = span
    self.similarity = similarity ?? .dotProduct(scale: 1 / Double(max(headFeatures, 1)).squareRoot())
    self.positionBias = positionBias
  }

  /// The rows and columns of a group; `nil` when it is the whole image.
  public var groupExtents: Pair? {
    switch span {
    case .all: nil
    case .windows(let size, _), .grid(let size): size
    }
  }
}
