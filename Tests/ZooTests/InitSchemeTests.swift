import Layers
import Tensors
import Testing
import Zoo

/// How each family starts, against torchvision's constructors and the tutorial's `init_weights`.
@Suite struct InitSchemeTests {
  private let kaimingFanOut = Initializer.kaimingNormal(.fanOut, gain: 2.0.squareRoot())

  /// The initialiser of a parameter of a model.
  private func initializer(_ model: String, _ parameter: String, initWeights: Bool? = nil) throws -> Initializer {
    let graph = try Registry.model(named: model).build(ModelArguments(numClasses: 5, initWeights: initWeights))
    return try #require(graph.parameters.first { $0.name == parameter }).initializer
  }

  @Test(arguments: ["alexnet_half", "alexnet_half_bn", "vgg11", "vgg16_bn"])
  func kaimingConvolutionsAndSmallLinearLayers(model: String) throws {
    #expect(try initializer(model, "features.0.weight") == kaimingFanOut)
    #expect(try initializer(model, "features.0.bias") == .constant(0))
    #expect(try initializer(model, "classifier.6.weight", initWeights: true) == .normal(std: 0.01))
    #expect(try initializer(model, "classifier.6.bias") == .constant(0))
  }

  @Test(arguments: ["resnet18", "resnet50"])
  func kaimingConvolutionsAndDefaultLinearLayer(model: String) throws {
    #expect(try initializer(model, "conv1.weight") == kaimingFanOut)
    #expect(try initializer(model, "layer2.0.downsample.0.weight") == kaimingFanOut)
    #expect(try initializer(model, "fc.weight") == LayerInitializer.torchDefault.weight)
    #expect(try initializer(model, "bn1.weight") == .constant(1))
  }

  @Test func kaimingByFanInForSmallImages() throws {
    let kaimingFanIn = Initializer.kaimingNormal(.fanIn, gain: 2.0.squareRoot())
    #expect(try initializer("resnet20", "conv1.weight") == kaimingFanIn)
    #expect(try initializer("resnet20", "layer2.0.conv1.weight") == kaimingFanIn)
    #expect(try initializer("resnet20", "linear.weight") == kaimingFanIn)
    #expect(try initializer("resnet20", "linear.bias") == .uniform(low: -0.125, high: 0.125))
  }

  @Test(
    arguments: [
      ("googlenet", "conv1.conv.weight", 0.01), ("googlenet", "aux1.fc2.weight", 0.01),
      ("googlenet", "fc.weight", 0.01),
      ("inception_v3", "Mixed_5b.branch1x1.conv.weight", 0.1), ("inception_v3", "AuxLogits.conv1.conv.weight", 0.1),
      ("inception_v3", "AuxLogits.fc.weight", 0.001), ("inception_v3", "fc.weight", 0.1),
    ])
  func cutOffNormalDistributions(model: String, parameter: String, std: Double) throws {
    #expect(try initializer(model, parameter) == .truncatedNormal(std: std))
  }

  @Test(arguments: [("features.0", 0.0), ("features.4", 1), ("features.8", 0), ("features.10", 1), ("features.12", 1)])
  func biasesOf2012(layer: String, bias: Double) throws {
    #expect(try initializer("alexnet_original", "\(layer).weight") == .normal(std: 0.01))
    #expect(try initializer("alexnet_original", "\(layer).bias") == .constant(bias))
  }

  @Test func wideResNetsStartByFanOut() throws {
    #expect(try initializer("wrn_28_10", "block2.layer.0.convShortcut.weight") == kaimingFanOut)
    #expect(try initializer("wrn_28_10", "fc.bias") == .constant(0))
  }

  /// fc.bias of resnet18 is U(±1/√512).
  @Test func biasesStartByTheFanOfTheirWeight() throws {
    let bound = 1 / 512.0.squareRoot()
    #expect(try initializer("resnet18", "fc.bias") == .uniform(low: -bound, high: bound))
  }

  @Test(
    arguments: [
      ("alexnet", "features.0.weight"), ("alexnet_bn", "features.0.weight"), ("lenet5", "fc1.weight"),
      ("shufflenet_v2_x0_5", "stage2.0.branch1.0.weight"),
    ])
  func publishedWithPyTorchsDefaults(model: String, parameter: String) throws {
    let torchDefault = LayerInitializer.torchDefault.weight
    #expect(try initializer(model, parameter) == torchDefault)
    #expect(try initializer(model, parameter, initWeights: false) == torchDefault)
    #expect(try initializer(model, parameter, initWeights: true) != torchDefault)
  }

  @Test(arguments: [
    ("vit_b_16", "class_token", Initializer.constant(0)),
    ("vit_b_16", "conv_proj.weight", .truncatedNormal(std: (1.0 / 768).squareRoot())),
    ("vit_b_16", "conv_proj.bias", .constant(0)),
    ("vit_b_16", "encoder.pos_embedding", .normal(std: 0.02)),
    ("vit_b_16", "encoder.layers.encoder_layer_0.self_attention.in_proj_weight", .xavierUniform),
    ("vit_b_16", "encoder.layers.encoder_layer_0.self_attention.in_proj_bias", .constant(0)),
    (
      "vit_b_16", "encoder.layers.encoder_layer_0.self_attention.out_proj.weight",
      LayerInitializer.torchDefault.weight
    ),
    ("vit_b_16", "encoder.layers.encoder_layer_0.self_attention.out_proj.bias", .constant(0)),
    ("vit_b_16", "encoder.layers.encoder_layer_0.mlp.0.weight", .xavierUniform),
    ("vit_b_16", "encoder.layers.encoder_layer_0.mlp.3.bias", .normal(std: 1e-6)),
    ("vit_b_16", "heads.head.weight", .constant(0)),
    ("swin_t", "features.0.0.weight", LayerInitializer.torchDefault.weight),
    ("swin_t", "features.1.0.attn.relative_position_bias_table", .truncatedNormal(std: 0.02)),
    ("swin_t", "features.1.0.attn.qkv.weight", .truncatedNormal(std: 0.02)),
    ("swin_t", "features.1.0.mlp.0.weight", .truncatedNormal(std: 0.02)),
    ("swin_t", "features.2.reduction.weight", .truncatedNormal(std: 0.02)),
    ("swin_t", "head.bias", .constant(0)),
    ("swin_v2_t", "features.1.0.attn.cpb_mlp.0.weight", .truncatedNormal(std: 0.02)),
    ("swin_v2_t", "features.1.0.attn.cpb_mlp.0.bias", .constant(0)),
    ("swin_v2_t", "features.1.0.attn.qkv.bias", .constant(0)),
    ("maxvit_t", "stem.0.0.weight", .normal(std: 0.02)),
    ("maxvit_t", "stem.1.0.bias", .constant(0)),
    ("maxvit_t", "blocks.0.layers.0.layers.window_attention.attn_layer.1.to_qkv.weight", .normal(std: 0.02)),
    (
      "maxvit_t", "blocks.0.layers.0.layers.grid_attention.attn_layer.1.relative_position_bias_table",
      .truncatedNormal(std: 0.02)
    ),
    ("maxvit_t", "classifier.5.weight", .normal(std: 0.02)),
  ])
  func transformers(model: String, parameter: String, expected: Initializer) throws {
    #expect(try initializer(model, parameter) == expected)
  }

  /// ln 10 for every head, as float32 rounds it.
  @Test func theScaleOfCosinesStartsAtTen() throws {
    let state = try Registry.model(named: "swin_v2_t").build().initialState(seed: 1)
    #expect(state["features.1.0.attn.logit_scale"]?.elements(as: Float.self) == [2.3025851, 2.3025851, 2.3025851])
  }

  @Test(arguments: ["mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "efficientnet_v2_s"])
  func mobileNetsAndEfficientNets(model: String) throws {
    #expect(try initializer(model, "features.0.0.weight") == kaimingFanOut)
    if model != "mobilenet_v2" {
      let gate = model == "efficientnet_v2_s" ? "features.4.0.block.2" : "features.1.0.block.1"
      let name = model == "mobilenet_v3_small" ? "features.1.block.1" : gate
      #expect(try initializer(model, "\(name).fc1.weight") == kaimingFanOut)
      #expect(try initializer(model, "\(name).fc2.bias") == .constant(0))
    }
    let last = model == "mobilenet_v3_small" ? "classifier.3" : "classifier.1"
    // U(±1/√classes) for EfficientNets.
    #expect(
      try initializer(model, "\(last).weight")
        == (model.hasPrefix("mobile")
          ? .normal(std: 0.01) : .kaimingUniform(.fanOut, gain: (1.0 / 3).squareRoot())))
    #expect(try initializer(model, "\(last).bias") == .constant(0))
  }

  /// Squeeze and excitation of RegNetY are the only convolutions with biases, and torchvision leaves these alone.
  @Test(arguments: ["regnet_x_400mf", "regnet_y_400mf"])
  func regNets(model: String) throws {
    let block = "trunk_output.block1.block1-0"
    #expect(try initializer(model, "stem.0.weight") == kaimingFanOut)
    #expect(try initializer(model, "\(block).f.b.0.weight") == kaimingFanOut)
    #expect(try initializer(model, "fc.weight") == .normal(std: 0.01))
    #expect(try initializer(model, "fc.bias") == .constant(0))
    guard model == "regnet_y_400mf" else { return }
    let bound = 1 / 48.0.squareRoot()
    #expect(try initializer(model, "\(block).f.se.fc1.weight") == kaimingFanOut)
    #expect(try initializer(model, "\(block).f.se.fc1.bias") == .uniform(low: -bound, high: bound))
  }

  @Test func convNeXts() throws {
    let normal = Initializer.truncatedNormal(std: 0.02)
    for layer in ["features.0.0", "features.1.0.block.0", "features.1.0.block.3", "features.2.1", "classifier.2"] {
      #expect(try initializer("convnext_tiny", "\(layer).weight") == normal)
      #expect(try initializer("convnext_tiny", "\(layer).bias") == .constant(0))
    }
    #expect(try initializer("convnext_tiny", "features.1.0.layer_scale", initWeights: false) == .constant(1e-6))
  }

  @Test(arguments: Registry.models.map(\.name))
  func withoutInitWeightsEveryLayerStartsByPyTorchsDefault(name: String) throws {
    let graph = try Registry.model(named: name).build(ModelArguments(numClasses: 5, initWeights: false))
    // The names that end otherwise are no layer's weight: tokens, positions, tables, scales, and PyTorch's own for attention.
    for parameter in graph.parameters
    where parameter.role == .trainable && parameter.shape.rank > 1 && parameter.name.hasSuffix(".weight") {
      #expect(parameter.initializer == LayerInitializer.torchDefault.weight, "\(parameter.name)")
    }
  }

  /// Whole states of a small model: each parameter's spread is what its scheme says, within 5 standard errors.
  @Test func statesFollowTheScheme() throws {
    let graph = try Registry.model(named: "resnet18").build()
    let state = graph.initialState(seed: 11)
    for parameter in graph.parameters where parameter.shape.rank == 4 && parameter.shape.count < 200_000 {
      let values = try #require(state[parameter.name]).elements(as: Float.self)
      let expected = 2 / Double(parameter.shape[0] * parameter.shape[2] * parameter.shape[3])
      var squares = 0.0
      for value in values { squares += Double(value) * Double(value) }
      // The variance of z² is 2.
      let error = expected * (2 / Double(values.count)).squareRoot()
      #expect(abs(squares / Double(values.count) - expected) < 5 * error, "\(parameter.name)")
    }
  }
}
