import Tensors

/// Self-attention in windows or grids of a map of tokens [N, H, W, D], which these must tile, with a learned bias for each
/// relative position (Tu et al. 2022, "MaxViT: Multi-axis vision transformer", arXiv:2204.01697): torchvision's
/// `RelativePositionalMultiHeadAttention` between partition and departition. Its products are divided by √D.
public struct RelativePositionAttention: Module {
  private let features: Int
  private let headFeatures: Int
  private let span: AttentionAttributes.Span
  private let initializer: LayerInitializer

  /// Attention on `features` numbers by heads of `headFeatures`.
  /// - Parameters:
  ///   - span: Windows or a grid.
  ///   - initializer: How the weights and biases of both linear layers start.
  public init(
    _ features: Int, headFeatures: Int, span: AttentionAttributes.Span, initializer: LayerInitializer = .torchDefault
  ) {
    precondition(
      headFeatures > 0 && features.isMultiple(of: headFeatures),
      "heads of \(headFeatures) features cannot share \(features)")
    self.features = features
    self.headFeatures = headFeatures
    self.span = span
    self.initializer = initializer
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let heads = features / headFeatures
    let attributes = AttentionAttributes(
      heads: heads, headFeatures: headFeatures, span: span,
      similarity: .dotProduct(scale: 1 / Double(features).squareRoot()), positionBias: .table)
    guard let extents = attributes.groupExtents else { preconditionFailure("groups need a size: windows or a grid") }
    let position = RelativePosition(extents: extents)
    let own = builder.declare([
      position.table(at: path, heads: heads, initializer: .truncatedNormal(std: 0.02)),
      position.index(at: path, isFlat: false),
    ])
    let projection = Linear(features, 3 * features, initializer: initializer)
      .emit(into: &builder, at: path.child("to_qkv"), input: input)
    let attention = builder.add(.attention(attributes), at: path, inputs: [projection], declared: own)
    return Linear(features, features, initializer: initializer)
      .emit(into: &builder, at: path.child("merge"), input: attention)
  }
}
