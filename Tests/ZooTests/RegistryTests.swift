import Foundation
import Layers
import Tensors
import Testing

@testable import Zoo

@Suite struct RegistryTests {
  @Test(
    arguments: [
      ("alexnett", "no model is called 'alexnett'; did you mean 'alexnet'? 'zoo list' shows all"),
      ("AlexNet", "no model is called 'AlexNet'; did you mean 'alexnet'? 'zoo list' shows all"),
      (
        "resnet81",
        "no model is called 'resnet81'; did you mean 'resnet18', 'resnet34' or 'resnet50'? 'zoo list' shows all"
      ),
      (
        "vgg16bn",
        "no model is called 'vgg16bn'; did you mean 'vgg16_bn', 'vgg11_bn' or 'vgg13_bn'? 'zoo list' shows all"
      ),
      ("", "no model is called ''; 'zoo list' shows all"),
      ("transformer", "no model is called 'transformer'; 'zoo list' shows all"),
      ("a\u{1B}[31m\n", "no model is called 'a\\u{1b}[31m\\u{a}'; 'zoo list' shows all"),
    ])
  func unknownNames(name: String, message: String) throws {
    let error = #expect(throws: ZooError.self) { try Registry.model(named: name) }
    #expect(error?.code == .unknownModel)
    #expect(error?.description == message)
  }

  @Test func longNamesAreCut() {
    let error = #expect(throws: ZooError.self) { try Registry.model(named: String(repeating: "x", count: 100_000)) }
    #expect((error?.description.count ?? .max) < 200)
  }

  @Test func theTutorialsModelHasItsParameters() throws {
    // 14,591,685: the figure that the tutorial's own code gives at 5 classes.
    let graph = try Registry.model(named: "alexnet_half").build(ModelArguments(numClasses: 5))
    #expect(graph.parameterCount == 14_591_685)
  }

  @Test(
    arguments: [
      (ModelArguments(numClasses: 0), "alexnet: the number of classes is 0, but must be in 1...1000000"),
      (ModelArguments(numClasses: .max), "alexnet: the number of classes is \(Int.max), but must be in 1...1000000"),
      (ModelArguments(dropout: 1), "alexnet: the dropout probability is 1.0, but must be at least 0 and below 1"),
      (ModelArguments(dropout: -0.1), "alexnet: the dropout probability is -0.1, but must be at least 0 and below 1"),
      (ModelArguments(dropout: .nan), "alexnet: the dropout probability is nan, but must be at least 0 and below 1"),
      (
        ModelArguments(inputChannels: 0),
        "alexnet: the number of input channels is 0, but must be in 1...4096: 3 for RGB, 1 for grey images"
      ),
    ])
  func impossibleArguments(arguments: ModelArguments, message: String) throws {
    let entry = try Registry.model(named: "alexnet")
    let error = #expect(throws: ZooError.self) { try entry.build(arguments) }
    #expect(error?.code == .argument)
    #expect(error?.description == message)
  }

  @Test func dropoutIsRefusedByModelsWithoutIt() throws {
    let entry = try Registry.model(named: "resnet18")
    let error = #expect(throws: ZooError.self) { try entry.build(ModelArguments(dropout: 0.2)) }
    #expect(error?.description == "resnet18: dropout 0.2 is asked for, but the model has no dropout; leave it out")
  }

  /// The input transform of torchvision's ported weights: only where there are such weights, only for RGB, and before all
  /// else.
  @Test func inputTransforms() throws {
    for name in ["googlenet", "inception_v3"] {
      let entry = try Registry.model(named: name)
      let plain = try entry.build()
      let transformed = try entry.build(ModelArguments(transformInput: true))
      #expect(try entry.build(ModelArguments(transformInput: false)) == plain)
      #expect(transformed.parameters == plain.parameters && transformed.nodes.count == plain.nodes.count + 1)
      guard case .channelAffine(let scale, let shift) = transformed.nodes[0].operation else {
        Issue.record("\(name) does not begin with the transform")
        continue
      }
      #expect(zip(scale, [0.458, 0.448, 0.45]).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect(zip(shift, [-0.03, -0.088, -0.188]).allSatisfy { abs($0 - $1) < 1e-12 })
      let error = #expect(throws: ZooError.self) {
        try entry.build(ModelArguments(inputChannels: 1, transformInput: true))
      }
      #expect(
        error?.description == "\(name): transform_input is for 3 input channels, but the model has 1; leave it out")
    }
    let resnet = try Registry.model(named: "resnet18")
    #expect(try resnet.build(ModelArguments(transformInput: false)) == resnet.build())
    let error = #expect(throws: ZooError.self) { try resnet.build(ModelArguments(transformInput: true)) }
    #expect(
      error?.description
        == "resnet18: transform_input is asked for, but only models with ported weights have it; leave it out")
  }

  @Test(arguments: [("googlenet", [0.3, 0.3]), ("inception_v3", [0.4]), ("resnet18", [])])
  func auxiliaryHeadsHaveTheirLossWeights(model: String, weights: [Double]) throws {
    let graph = try Registry.model(named: model).build()
    #expect(graph.auxiliaries.map(\.lossWeight) == weights)
  }

  /// 60,965,224: the paper's "60 million".
  @Test func theOriginalAlexNetHasItsParameters() throws {
    #expect(try Registry.model(named: "alexnet_original").build().parameterCount == 60_965_224)
  }

  @Test(arguments: Registry.models.map(\.name))
  func argumentsReachTheGraph(name: String) throws {
    let entry = try Registry.model(named: name)
    let dropout = entry.dropout == nil ? nil : 0.25
    let graph = try entry.build(ModelArguments(numClasses: 7, dropout: dropout, inputChannels: 2))
    let shapes = try graph.shapes(input: [2, entry.inputSize, entry.inputSize])
    #expect(shapes.last == [7])
    let probabilities = graph.nodes.compactMap { node in
      if case .dropout(let probability) = node.operation { probability } else { nil }
    }
    #expect(probabilities.allSatisfy { $0 == 0.25 })
    #expect(probabilities.isEmpty == (entry.dropout == nil))
  }

  /// Their learned positions are for one number of patches; torchvision refuses what would only be cut.
  @Test(arguments: [64, 223, 225, 239, 384])
  func visionTransformersTakeOneSize(size: Int) throws {
    let graph = try Registry.model(named: "vit_b_32").build()
    let error = #expect(throws: LayersError.self) { try graph.shapes(input: [3, size, size]) }
    #expect(error?.code == .inputSize)
    #expect(
      error?.description == "the network takes images of 224x224 pixels alone, but the input is [3, \(size), \(size)]")
  }

  @Test func visionTransformersAreBuiltForOtherSizes() throws {
    let entry = try Registry.model(named: "vit_b_32")
    let graph = try entry.build(ModelArguments(imageSize: 96))
    #expect(try graph.shapes(input: [3, 96, 96]).last == [1000])
    #expect(graph.parameters.contains { $0.name == "encoder.pos_embedding" && $0.shape == [1, 10, 768] })
    #expect(throws: LayersError.self) { try graph.shapes(input: [3, 224, 224]) }
    #expect(try entry.build(entry.arguments(inputSize: 224)) == entry.build())
    #expect(try entry.build(entry.arguments(inputSize: 96)) == graph)
    #expect(try Registry.model(named: "resnet18").arguments(inputSize: 96).imageSize == nil)
  }

  @Test(arguments: [
    ("vit_b_32", 100, "vit_b_32: the image size is 100 pixels, but must be a multiple of the patches' 32"),
    ("vit_b_32", 0, "vit_b_32: the image size is 0 pixels, but must be in 1...4096"),
    ("vit_b_32", 1 << 40, "vit_b_32: the image size is 1099511627776 pixels, but must be in 1...4096"),
    (
      "resnet18", 96,
      "resnet18: image_size is asked for, but the model's parameters are the same for every size; leave it out"
    ),
  ])
  func impossibleImageSizes(name: String, size: Int, message: String) throws {
    let entry = try Registry.model(named: name)
    let error = #expect(throws: ZooError.self) { try entry.build(ModelArguments(imageSize: size)) }
    #expect(error?.description == message)
  }

  @Test func argumentsKeepPyTorchsSpellingInJSON() throws {
    let arguments = ModelArguments(numClasses: 5, initWeights: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(arguments), as: UTF8.self)
    #expect(text == #"{"init_weights":true,"num_classes":5}"#)
    #expect(try JSONDecoder().decode(ModelArguments.self, from: Data(text.utf8)) == arguments)
  }

  @Test func entriesAreDescribed() {
    for entry in Registry.models {
      #expect(!entry.family.isEmpty && !entry.source.isEmpty, "\(entry.name)")
      #expect(entry.summary.hasSuffix(".") && entry.summary.count <= 120, "\(entry.name)")
      // `zoo list` has this much room in 80 columns.
      #expect(!entry.headline.isEmpty && entry.headline.count <= 32, "\(entry.headline)")
      #expect(entry.evaluation.mean.count == entry.inputChannels, "\(entry.name)")
      #expect(entry.evaluation.std.count == entry.inputChannels, "\(entry.name)")
      #expect(entry.evaluation.crop == entry.inputSize, "\(entry.name)")
    }
  }

  @Test(
    arguments: [
      ("mnasnet0_5", "MnasNet-B1, 0.5 times as wide"), ("regnet_x_1_6gf", "RegNetX-1.6GF, 18 blocks"),
      ("alexnet_half", "AlexNet of half the width"),
    ])
  func headlinesAreSentencesUpToTheSemicolon(name: String, headline: String) throws {
    #expect(try Registry.model(named: name).headline == headline)
  }

  @Test(
    arguments: [("kitten", "sitting", 3), ("abcd", "acbd", 1), ("", "abc", 3), ("ca", "abc", 3), ("same", "same", 0)])
  func editDistances(first: String, second: String, distance: Int) {
    #expect(editDistance(Array(first), Array(second)) == distance)
  }
}
