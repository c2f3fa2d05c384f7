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

  /// fc.bias of resnet18 is U(±1/√512).
  @Test func biasesStartByTheFanOfTheirWeight() throws {
    let bound = 1 / 512.0.squareRoot()
    #expect(try initializer("resnet18", "fc.bias") == .uniform(low: -bound, high: bound))
  }

  @Test(
    arguments: [
      ("alexnet", "features.0.weight"), ("alexnet_bn", "features.0.weight"), ("lenet5", "fc1.weight"),
    ])
  func publishedWithPyTorchsDefaults(model: String, parameter: String) throws {
    let torchDefault = LayerInitializer.torchDefault.weight
    #expect(try initializer(model, parameter) == torchDefault)
    #expect(try initializer(model, parameter, initWeights: false) == torchDefault)
    #expect(try initializer(model, parameter, initWeights: true) != torchDefault)
  }

  @Test(arguments: Registry.models.map(\.name))
  func withoutInitWeightsEveryLayerStartsByPyTorchsDefault(name: String) throws {
    let graph = try Registry.model(named: name).build(ModelArguments(numClasses: 5, initWeights: false))
    for parameter in graph.parameters where parameter.role == .trainable && parameter.shape.rank > 1 {
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
