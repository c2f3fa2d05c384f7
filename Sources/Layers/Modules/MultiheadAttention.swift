import Tensors

/// Self-attention of all tokens of an image (Vaswani et al. 2017, arXiv:1706.03762) on [N, T, D]: PyTorch's
/// `nn.MultiheadAttention` with one input for queries, keys and values, and the batch first.
///
/// Its parameters are in_proj_weight [3·D, D], in_proj_bias [3·D], out_proj.weight [D, D] and out_proj.bias [D].
public struct MultiheadAttention: Module {
  private let features: Int
  private let heads: Int

  /// Attention on `features` numbers, which `heads` heads share equally.
  public init(_ features: Int, heads: Int) {
    precondition(heads > 0 && features.isMultiple(of: heads), "\(heads) heads cannot share \(features) features")
    self.features = features
    self.heads = heads
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let projection = builder.add(
      .linear(inFeatures: features, outFeatures: 3 * features, bias: true), at: path, inputs: [input],
      parameters: [
        Parameter(
          name: path.child("in_proj_weight").description, shape: [3 * features, features], initializer: .xavierUniform),
        Parameter(
          name: path.child("in_proj_bias").description, shape: [3 * features], initializer: .constant(0)),
      ])
    let attention = builder.add(
      .attention(AttentionAttributes(heads: heads, headFeatures: features / heads)), at: path, inputs: [projection])
    let initializer = LayerInitializer(weight: LayerInitializer.torchDefault.weight, bias: .constant(0))
    return Linear(features, features, initializer: initializer)
      .emit(into: &builder, at: path.child("out_proj"), input: attention)
  }
}
