import Layers
import Tensors

/// Vision transformers (Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer, Heigold, Gelly,
/// Uszkoreit & Houlsby 2021, "An image is worth 16x16 words: Transformers for image recognition at scale"): an image is a row of
/// patches, and every patch attends to every other.
struct VisionTransformer {
  /// The height and width of a patch in pixels.
  let patch: Int
  let layers: Int
  let heads: Int
  /// The features of a token.
  let features: Int
  /// The features between the two linear layers of a block.
  let hidden: Int

  static let models = [
    entry(
      "b_16", "base", .base(patch: 16), weights("vit_b_16-c867db91.pth", 81.072, 95.318),
      tuned("vit_b_16_swag-9ac1b537.pth", 384, 85.304, 97.65), linear("vit_b_16_lc_swag-4e70ced5.pth", 81.886, 96.18)),
    entry("b_32", "base", .base(patch: 32), weights("vit_b_32-d86f8d99.pth", 75.912, 92.466)),
    entry(
      "l_16", "large", .large(patch: 16), weights("vit_l_16-852ce7e3.pth", 79.662, 94.638, resize: 242),
      tuned("vit_l_16_swag-4f3808c9.pth", 512, 88.064, 98.512), linear("vit_l_16_lc_swag-4d563306.pth", 85.146, 97.422)
    ),
    entry("l_32", "large", .large(patch: 32), weights("vit_l_32-c7638314.pth", 76.972, 93.07)),
    entry(
      "h_14", "huge", VisionTransformer(patch: 14, layers: 32, heads: 16, features: 1280, hidden: 5120),
      tuned("vit_h_14_swag-80465313.pth", 518, 88.552, 98.694), linear("vit_h_14_lc_swag-c1eb923e.pth", 85.708, 97.73)),
  ]

  private static func base(patch: Int) -> VisionTransformer {
    VisionTransformer(patch: patch, layers: 12, heads: 12, features: 768, hidden: 3072)
  }

  private static func large(patch: Int) -> VisionTransformer {
    VisionTransformer(patch: patch, layers: 24, heads: 16, features: 1024, hidden: 4096)
  }

  private static func weights(
    _ file: String, _ top1: Double, _ top5: Double, resize: Int = 256
  ) -> PublishedWeights {
    PublishedWeights(file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: resize))
  }

  /// SWAG's (Singh et al. 2022, arXiv:2201.08371), tuned as a whole on images of a larger size: for a model of that size.
  private static func tuned(_ file: String, _ size: Int, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(
      "imagenet1k_swag_e2e_v1", file: file, top1: top1, top5: top5,
      evaluation: .imagenet(resize: size, crop: size, interpolation: .bicubic))
  }

  /// SWAG's under a new classifier.
  private static func linear(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(
      "imagenet1k_swag_linear_v1", file: file, top1: top1, top5: top5,
      evaluation: .imagenet(resize: 224, interpolation: .bicubic))
  }

  private static func entry(
    _ name: String, _ size: String, _ model: VisionTransformer, _ weights: PublishedWeights...
  ) -> ModelEntry {
    ModelEntry(
      name: "vit_\(name)", family: "vit",
      summary:
        "ViT \(size), \(model.patch)x\(model.patch) patches; \(model.layers) layers of attention between all patches.",
      source: "Dosovitskiy et al. 2021, arXiv:2010.11929", inputSize: 224, dropout: 0,
      hasImageSize: true, publishedWeights: weights,
      stateDictVersions: Dictionary(
        uniqueKeysWithValues: (0..<model.layers).map { ("encoder.layers.encoder_layer_\($0).mlp", 2) }),
      module: { configuration throws(ZooError) in try model.network(configuration, of: "vit_\(name)") })
  }

  private func network(_ configuration: ModelConfiguration, of name: String) throws(ZooError) -> any Module {
    guard configuration.imageSize.isMultiple(of: patch) else {
      throw ZooError(
        .argument, model: name,
        "the image size is \(configuration.imageSize) pixels, but must be a multiple of the patches' \(patch)")
    }
    return Network(model: self, configuration: configuration)
  }
}

/// A vision transformer for images of one size.
private struct Network: Module {
  let model: VisionTransformer
  let configuration: ModelConfiguration

  private var isPublished: Bool { configuration.initWeights ?? true }
  private var norm: LayerNorm { LayerNorm(model.features, epsilon: 1e-6) }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let features = model.features
    // The learned positions fix it.
    builder.requireImageSize(Pair(configuration.imageSize))
    // In the state dict the token stands before the patches' projection, as the network's own.
    let token = builder.declare([
      Parameter(name: path.child("class_token").description, shape: [1, 1, features], initializer: .constant(0))
    ])
    let patch = Pair(model.patch)
    let fanIn = Double(configuration.inputChannels * model.patch * model.patch)
    let projection = Conv2d(
      configuration.inputChannels, features, kernel: patch, stride: patch,
      initializer: isPublished
        ? LayerInitializer(weight: .truncatedNormal(std: (1 / fanIn).squareRoot()), bias: .constant(0)) : .torchDefault)
    let patches = projection.emit(into: &builder, at: path.child("conv_proj"), input: input)
    let map = Permute.channelsLast.emit(into: &builder, at: path, input: patches)
    let tokens = builder.add(.classToken(features: features), at: path, inputs: [map], declared: token)
    let encoded = encode(tokens, into: &builder, at: path.child("encoder"))
    let first = FirstToken().emit(into: &builder, at: path, input: encoded)
    let head = Linear(
      features, configuration.numClasses,
      initializer: isPublished ? LayerInitializer(weight: .constant(0), bias: .constant(0)) : .torchDefault)
    return head.emit(into: &builder, at: path.child("heads").child("head"), input: first)
  }

  /// Positions, all blocks, and a last normalisation.
  private func encode(_ tokens: Graph.Value, into builder: inout GraphBuilder, at path: ModulePath) -> Graph.Value {
    let side = configuration.imageSize / model.patch
    let count = side * side + 1
    var value = PositionEmbedding(tokens: count, model.features).emit(into: &builder, at: path, input: tokens)
    value = Dropout(configuration.dropout).emit(into: &builder, at: path.child("dropout"), input: value)
    for layer in 0..<model.layers {
      value = block(value, into: &builder, at: path.child("layers").child("encoder_layer_\(layer)"))
    }
    return norm.emit(into: &builder, at: path.child("ln"), input: value)
  }

  /// Attention, then two linear layers, each after a normalisation and beside a shortcut.
  private func block(_ input: Graph.Value, into builder: inout GraphBuilder, at path: ModulePath) -> Graph.Value {
    let scheme =
      isPublished ? LayerInitializer(weight: .xavierUniform, bias: .normal(std: 1e-6)) : .torchDefault
    let attention = Sequential([
      "ln_1": norm,
      "self_attention": MultiheadAttention(model.features, heads: model.heads),
      "dropout": Dropout(configuration.dropout),
    ])
    let linear = Sequential([
      "ln_2": norm,
      "mlp": transformerMLP(
        model.features, hidden: model.hidden, dropout: configuration.dropout, initializer: scheme),
    ])
    let attended = Residual(attention, rectified: false).emit(into: &builder, at: path, input: input)
    return Residual(linear, rectified: false).emit(into: &builder, at: path, input: attended)
  }
}
