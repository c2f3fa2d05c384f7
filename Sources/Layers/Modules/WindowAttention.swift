#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Tensors

/// Self-attention in windows of a map of tokens [N, H, W, D]: torchvision's `ShiftedWindowAttention` (Liu et al. 2021, "Swin
/// Transformer", arXiv:2103.14030) and `ShiftedWindowAttentionV2` (Liu et al. 2022, "Swin Transformer V2", arXiv:2111.09883).
///
/// A map that windows do not tile is padded with tokens of zeros, which are attended to like all others.
public struct WindowAttention: Module {
  /// The two of the papers.
  public enum Version: Sendable, Hashable {
    /// Scaled products, and a learned bias for each relative position.
    case first
    /// Cosines with a learned scale, and a bias that a network makes of the relative position.
    case second
  }

  private let features: Int
  private let heads: Int
  private let window: Pair
  private let shift: Pair
  private let version: Version
  private let dropout: Double
  private let initializer: LayerInitializer
  private let table: Initializer

  /// Attention on `features` numbers, which `heads` heads share equally.
  /// - Parameters:
  ///   - shift: How far the map is rolled before windows are cut out, in tokens.
  ///   - dropout: Of the result.
  ///   - initializer: How the weights and biases of all linear layers start.
  ///   - table: How the biases of relative positions start in the first version.
  public init(
    _ features: Int, heads: Int, window: Pair, shift: Pair = 0, version: Version = .first, dropout: Double = 0,
    initializer: LayerInitializer = .torchDefault, table: Initializer = .truncatedNormal(std: 0.02)
  ) {
    precondition(heads > 0 && features.isMultiple(of: heads), "\(heads) heads cannot share \(features) features")
    precondition(window.height > 1 && window.width > 1, "a window of \(window) has no relative positions")
    self.features = features
    self.heads = heads
    self.window = window
    self.shift = shift
    self.version = version
    self.dropout = dropout
    self.initializer = initializer
    self.table = table
  }

  /// What the network of relative positions is wide inside.
  private static let hidden = 512

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let position = RelativePosition(extents: window)
    let own: [GraphBuilder.DeclaredParameter]
    switch version {
    case .first:
      own = builder.declare([
        position.table(at: path, heads: heads, initializer: table), position.index(at: path, isFlat: true),
      ])
    case .second:
      own = builder.declare([
        Parameter(
          name: path.child("logit_scale").description, shape: [heads, 1, 1],
          initializer: .constant(Double(logf(10)))),
        position.coordinates(at: path), position.index(at: path, isFlat: true),
      ])
    }
    let projection = builder.declare(
      initializer.parameters(at: path.child("qkv"), weight: [3 * features, features], bias: true))
    let last = Linear(features, features, initializer: initializer)
    let lastDeclared = last.declare(into: &builder, at: path.child("proj"))
    var network: [GraphBuilder.DeclaredParameter] = []
    if version == .second {
      let mlp = path.child("cpb_mlp")
      network = builder.declare(
        initializer.parameters(at: mlp.child(0), weight: [Self.hidden, 2], bias: true)
          + initializer.parameters(at: mlp.child(2), weight: [heads, Self.hidden], bias: false))
    }

    let padded = builder.add(.padTokens(multiple: window), at: path, inputs: [input])
    var value = builder.add(
      .linear(inFeatures: features, outFeatures: 3 * features, bias: version == .first), at: path.child("qkv"),
      inputs: [padded], declared: version == .first ? projection : [projection[0]])
    switch version {
    case .first: value = builder.add(.attention(attributes), at: path, inputs: [value], declared: own)
    case .second:
      value = builder.add(
        .attention(attributes), at: path, inputs: [value],
        declared: [own[0], projection[1], own[1], own[2]] + network)
    }
    value = last.emit(into: &builder, at: path.child("proj"), input: value, declared: lastDeclared)
    value = Dropout(dropout).emit(into: &builder, at: path, input: value)
    return builder.add(.cropTokens, at: path, inputs: [value, input])
  }

  private var attributes: AttentionAttributes {
    AttentionAttributes(
      heads: heads, headFeatures: features / heads, span: .windows(window, shift: shift),
      similarity: version == .first ? nil : .cosine,
      positionBias: version == .first ? .table : .network(hidden: Self.hidden))
  }
}
