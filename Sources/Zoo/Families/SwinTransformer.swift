import Layers
import Tensors

/// Transformers with attention in windows, which every other block shifts (Liu, Lin, Cao, Hu, Wei, Zhang, Lin & Guo 2021, "Swin
/// Transformer: Hierarchical vision transformer using shifted windows"), and their second version (Liu, Hu, Lin, Yao, Xie,
/// Wei, Ning, Cao, Zhang, Dong, Wei & Guo 2022, "Swin Transformer V2: Scaling up capacity and resolution"), which normalises
/// after attention, compares tokens by their angle, and computes biases from positions.
struct SwinTransformer {
  let version: WindowAttention.Version
  /// The features of a token in the first of four stages; each stage after it has twice as many.
  let features: Int
  /// The blocks of each stage.
  let depths: [Int]
  /// The heads of the first stage; each stage after it has twice as many.
  let heads: Int
  /// The rows and columns of a window in tokens.
  let window: Int
  /// The probability that the last block leaves out a branch; it grows evenly from 0.
  let stochasticDepth: Double

  static let models = [
    entry(.first, "swin_t", "tiny", 96, [2, 2, 6, 2], 0.2, "swin_t-704ceda3.pth", 81.474, 95.776, resize: 232),
    entry(.first, "swin_s", "small", 96, [2, 2, 18, 2], 0.3, "swin_s-5e29d889.pth", 83.196, 96.36, resize: 246),
    entry(.first, "swin_b", "base", 128, [2, 2, 18, 2], 0.5, "swin_b-68c6b09e.pth", 83.582, 96.64, resize: 238),
    entry(.second, "swin_v2_t", "tiny", 96, [2, 2, 6, 2], 0.2, "swin_v2_t-b137f0e2.pth", 82.072, 96.132, resize: 260),
    entry(
      .second, "swin_v2_s", "small", 96, [2, 2, 18, 2], 0.3, "swin_v2_s-637d8ceb.pth", 83.712, 96.816, resize: 260),
    entry(
      .second, "swin_v2_b", "base", 128, [2, 2, 18, 2], 0.5, "swin_v2_b-781e5279.pth", 84.112, 96.864, resize: 272),
  ]

  private static func entry(
    _ version: WindowAttention.Version, _ name: String, _ size: String, _ features: Int, _ depths: [Int],
    _ stochasticDepth: Double, _ file: String, _ top1: Double, _ top5: Double, resize: Int
  ) -> ModelEntry {
    let isFirst = version == .first
    let inputSize = isFirst ? 224 : 256
    let evaluation = EvaluationPreset.imagenet(resize: resize, crop: inputSize, interpolation: .bicubic)
    let model = SwinTransformer(
      version: version, features: features, depths: depths, heads: features / 32, window: isFirst ? 7 : 8,
      stochasticDepth: stochasticDepth)
    return ModelEntry(
      name: name, family: "swin",
      summary: isFirst
        ? "Swin \(size); attention in shifted windows of 7x7 tokens."
        : "Swin V2 \(size); cosine attention in shifted windows of 8x8 tokens.",
      source: isFirst ? "Liu et al. 2021, arXiv:2103.14030" : "Liu et al. 2022, arXiv:2111.09883",
      inputSize: inputSize, dropout: 0, evaluation: evaluation,
      publishedWeights: [PublishedWeights(file: file, top1: top1, top5: top5, evaluation: evaluation)],
      module: model.network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    let isPublished = configuration.initWeights ?? true
    let initializer =
      isPublished ? LayerInitializer(weight: .truncatedNormal(std: 0.02), bias: .constant(0)) : .torchDefault
    var modules: [any Module] = [
      Sequential([
        Conv2d(configuration.inputChannels, features, kernel: 4, stride: 4), Permute.channelsLast, LayerNorm(features),
      ])
    ]
    let blockCount = depths.reduce(0, +)
    var block = 0
    var (width, heads) = (features, heads)
    for (stage, depth) in depths.enumerated() {
      if stage > 0 {
        modules.append(PatchMerging(features: width, version: version, initializer: initializer))
        (width, heads) = (2 * width, 2 * heads)
      }
      var blocks: [any Module] = []
      for index in 0..<depth {
        blocks.append(
          SwinBlock(
            version: version, features: width, dropout: configuration.dropout,
            stochasticDepth: stochasticDepth * Double(block) / Double(blockCount - 1), initializer: initializer,
            attention: WindowAttention(
              width, heads: heads, window: Pair(window), shift: Pair(index % 2 == 0 ? 0 : window / 2), version: version,
              dropout: configuration.dropout, initializer: initializer)))
        block += 1
      }
      modules.append(Sequential(blocks))
    }
    return Sequential([
      "features": Sequential(modules),
      "norm": LayerNorm(width),
      "permute": Permute.channelsFirst,
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "head": Linear(width, configuration.numClasses, initializer: initializer),
    ])
  }
}

/// Attention in windows, then two linear layers, each beside a shortcut. The first version normalises what goes into a branch, the
/// second what comes out.
private struct SwinBlock: Module {
  let version: WindowAttention.Version
  let features: Int
  let dropout: Double
  let stochasticDepth: Double
  let initializer: LayerInitializer
  let attention: WindowAttention

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let linear = transformerMLP(features, hidden: 4 * features, dropout: dropout, initializer: initializer)
    let attended = branch(attention, "attn", norm: "norm1", into: &builder, at: path, input: input)
    return branch(linear, "mlp", norm: "norm2", into: &builder, at: path, input: attended)
  }

  private func branch(
    _ module: some Module, _ name: String, norm normName: String, into builder: inout GraphBuilder,
    at path: ModulePath, input: Graph.Value
  ) -> Graph.Value {
    let norm = LayerNorm(features)
    // Whenever it runs, the normalisation comes first in the state dict.
    let declared = norm.declare(into: &builder, at: path.child(normName))
    func normalize(_ value: Graph.Value) -> Graph.Value {
      norm.emit(into: &builder, at: path.child(normName), input: value, declared: declared)
    }
    var value = version == .first ? normalize(input) : input
    value = module.emit(into: &builder, at: path.child(name), input: value)
    if version == .second { value = normalize(value) }
    value = StochasticDepth(stochasticDepth).emit(into: &builder, at: path.child("stochastic_depth"), input: value)
    return builder.add(.add, at: path, inputs: [input, value])
  }
}

/// Two by two tokens of [N, H, W, D] as one of 2·D features.
private struct PatchMerging: Module {
  let features: Int
  let version: WindowAttention.Version
  let initializer: LayerInitializer

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let reduction = Linear(4 * features, 2 * features, bias: false, initializer: initializer)
    let norm = LayerNorm(version == .first ? 4 * features : 2 * features)
    let reductionDeclared = reduction.declare(into: &builder, at: path.child("reduction"))
    let normDeclared = norm.declare(into: &builder, at: path.child("norm"))
    func normalize(_ value: Graph.Value) -> Graph.Value {
      norm.emit(into: &builder, at: path.child("norm"), input: value, declared: normDeclared)
    }
    var value = builder.add(.mergePatches, at: path, inputs: [input])
    if version == .first { value = normalize(value) }
    value = reduction.emit(into: &builder, at: path.child("reduction"), input: value, declared: reductionDeclared)
    return version == .second ? normalize(value) : value
  }
}
