import Tensors

/// A learned token before all others, [N, ..., D] → [N, 1 + T, D] (Dosovitskiy et al. 2021, arXiv:2010.11929): what the tokens
/// tell about the whole image is gathered there.
///
/// Its parameter is class_token [1, 1, D], zero when training starts.
public struct ClassToken: Module {
  private let features: Int

  /// A token of `features` numbers.
  public init(_ features: Int) { self.features = features }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(
      .classToken(features: features), at: path, inputs: [input],
      parameters: [
        Parameter(name: path.child("class_token").description, shape: [1, 1, features], initializer: .constant(0))
      ])
  }
}

/// A learned vector added to each token of [N, T, D], which tells where it is (Dosovitskiy et al. 2021, arXiv:2010.11929).
///
/// Its parameter is pos_embedding [1, T, D], from a normal distribution of standard deviation 0.02, as torchvision's.
public struct PositionEmbedding: Module {
  private let tokens: Int
  private let features: Int

  /// Vectors of `features` numbers for so many tokens; images of another size give another number of tokens and do not fit.
  public init(tokens: Int, _ features: Int) {
    self.tokens = tokens
    self.features = features
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(
      .positionEmbedding(tokens: tokens, features: features), at: path, inputs: [input],
      parameters: [
        Parameter(
          name: path.child("pos_embedding").description, shape: [1, tokens, features], initializer: .normal(std: 0.02))
      ])
  }
}

/// The first token alone, [N, T, D] → [N, D]: `x[:, 0]` in PyTorch.
public struct FirstToken: Module {
  /// What ``ClassToken`` put there.
  public init() {}

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let first = builder.add(.narrow(axis: 0, start: 0, count: 1), at: path, inputs: [input])
    return builder.add(.flatten, at: path, inputs: [first])
  }
}
