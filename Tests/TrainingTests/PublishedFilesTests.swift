import Checkpoint
import Datasets
import Engine
import Fixtures
import Layers
import OrderedCollections
import Tensors
import Testing
import Zoo

@testable import Training

/// Files as torchvision published them, which differ from what its models write today.
@Suite struct PublishedFilesTests {
  /// A state with a number of its own in every float tensor.
  private func state(_ model: String, _ arguments: ModelArguments) throws -> StateDict {
    var state = StateDict()
    for (index, parameter) in try Registry.model(named: model).build(arguments).parameters.enumerated() {
      state[parameter.name] =
        parameter.dtype == .float32
        ? Tensor([Float](repeating: Float(index + 1) / 1024, count: parameter.shape.count), shape: parameter.shape)
        : Tensor(zeros: parameter.shape, dtype: parameter.dtype)
    }
    return state
  }

  /// `norm.1` for `norm1`, and no counts of batches.
  private func old(_ state: StateDict) -> StateDict {
    var old = StateDict()
    for (name, tensor) in state where !name.hasSuffix("num_batches_tracked") {
      let renamed = ["norm", "conv"].reduce(name) { name, kind in
        name.contains("denselayer")
          ? name.replacing(".\(kind)1.", with: ".\(kind).1.").replacing(".\(kind)2.", with: ".\(kind).2.") : name
      }
      old[renamed] = tensor
    }
    return old
  }

  @Test func oldNamesOfDenseNets() throws {
    let folder = try TemporaryFolder()
    let state = try state("densenet121", ModelArguments(numClasses: 3))
    let old = old(state)
    #expect(old["features.denseblock1.denselayer2.norm.1.weight"] != nil && old["features.norm0.weight"] != nil)
    try Snapshot(net: old).write(to: folder.path("weights.pth"))
    let path = folder.path("weights.pth")
    let model = try TrainedModel.load(path)
    #expect(model.entry.name == "densenet121" && model.arguments.numClasses == 3)
    let loaded = try model.network.state()
    #expect(loaded.names == state.names)
    for (name, tensor) in state { #expect(loaded[name]?.isIdentical(to: tensor) == true, "\(name)") }
    #expect(try CheckpointFile(opening: path).snapshot().fittingModel == "densenet121, 3 classes")
    // Training begins from it too.
    let starting = try StartingWeights(path, for: model.network.graph, of: model.entry)
    #expect(starting.new.isEmpty && starting.skipped.isEmpty)
    #expect(try StoredModel(opening: path).net.count == state.count)
    // A conversion says today's names; of a net that it does not know it changes none.
    #expect(try CheckpointFile(opening: path).snapshot().withOldModelRenamed.net.keys.elementsEqual(state.names))
    var other = old
    other["one.more"] = Tensor(zeros: [1])
    #expect(LazySnapshot(Snapshot(net: other)).withOldModelRenamed.net.keys.elementsEqual(other.names))
  }

  @Test func countsOfBatchesAreMissedWhereTheVersionSaysThatTheyAreThere() throws {
    let state = try state("resnet18", ModelArguments(numClasses: 2))
    var lazy = LazySnapshot(Snapshot(net: old(state)))
    #expect(lazy.inTodaysWords.net.keys.elementsEqual(state.names))
    #expect(lazy.inTodaysWords.inTodaysWords.net.keys == lazy.inTodaysWords.net.keys)
    lazy.metadata.moduleVersions = ["bn1": 2]
    #expect(lazy.inTodaysWords.net.count == state.count - 1 && lazy.inTodaysWords.net["bn1.num_batches_tracked"] == nil)
  }

  /// The published vision transformers have other names for the two linear layers of a block, and some are for larger images.
  @Test(arguments: [("vit_b_16", 384, 577), ("vit_h_14", 518, 1370), ("vit_l_32", 224, 50)])
  func visionTransformers(name: String, size: Int, tokens: Int) throws {
    let entry = try Registry.model(named: name)
    var arguments = entry.arguments(inputSize: size)
    arguments.numClasses = 7
    let graph = try entry.build(arguments)
    #expect(graph.parameters.contains { $0.name == "encoder.pos_embedding" && $0.shape.dimensions[1] == tokens })
    let fit = try #require(Registry.fitting(graph.parameters.map { ($0.name, $0.shape) }))
    #expect(fit.entry.name == name && fit.arguments == arguments && fit.graph == graph)
    #expect(entry.inputSize(with: arguments) == size && entry.evaluation(with: arguments).crop == size)
    let advice = Registry.advice(for: graph.parameters.map { ($0.name, $0.shape) }, insteadOf: entry)
    #expect(advice?.contains("'--input-size \(size)'") == (size == 224 ? nil : true))
    // torchvision's old names.
    let old = graph.parameters.map {
      $0.name.replacing(".mlp.0.", with: ".mlp.linear_1.").replacing(".mlp.3.", with: ".mlp.linear_2.")
    }
    #expect(old.contains("encoder.layers.encoder_layer_3.mlp.linear_2.bias"))
    let net = OrderedDictionary(uniqueKeysWithValues: old.map { ($0, TensorSource(Tensor([Float(1)], shape: [1]))) })
    #expect(LazySnapshot(net: net).inTodaysWords.net.keys.elementsEqual(graph.parameters.map(\.name)))
  }

  /// Names that only look alike, and those that would meet, stay as they are.
  @Test(arguments: [
    ["denselayer1.norm.1.weight", "denselayer1.norm1.weight"], ["layer.norm.1.weight"], ["norm.1.weight"],
    ["block.mlp.linear_1.weight"], ["encoder_layer_0.mlp.linear_3.weight"],
  ])
  func otherNamesStay(names: [String]) {
    let net = OrderedDictionary(uniqueKeysWithValues: names.map { ($0, TensorSource(Tensor([Float(1)], shape: [1]))) })
    #expect(LazySnapshot(net: net).inTodaysWords.net.keys.elementsEqual(names))
  }

  /// googlenet's file carries the heads and expects images of −1...1; a file that is not known to be it gets what it says.
  @Test(arguments: [true, false])
  func inputTransform(isPublished: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("weights.pth")
    try Snapshot(net: try state("googlenet", ModelArguments(numClasses: 4))).write(to: path)
    let published = isPublished ? try Registry.model(named: "googlenet").publishedWeights.first : nil
    let model = try StoredModel(opening: path, published: published)
    #expect(model.entry.name == "googlenet" && model.arguments.transformInput == (isPublished ? true : nil))
    #expect(model.arguments.numClasses == 4 && model.arguments.auxLogits == nil)
    let begins = if case .channelAffine = model.graph.nodes[0].operation { true } else { false }
    #expect(begins == isPublished)
    #expect(try TrainedModel.load(path, published: published).network.graph == model.graph)
  }

  /// Inference needs no heads: a file without them loads, whether the model is named or found.
  @Test(arguments: [nil, "googlenet"])
  func withoutHeads(model: String?) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("bare.pth")
    try Snapshot(net: try state("googlenet", ModelArguments(numClasses: 4, auxLogits: false))).write(to: path)
    let loaded = try TrainedModel.load(path, model: model)
    #expect(loaded.entry.name == "googlenet" && loaded.arguments.auxLogits == false)
    #expect(loaded.network.graph.auxiliaries.isEmpty)
    // Training begins with heads of its own.
    let graph = try loaded.entry.build(ModelArguments(numClasses: 4))
    let new = try StartingWeights(path, for: graph, of: loaded.entry).new.map(\.name)
    #expect(!new.isEmpty && new.allSatisfy { $0.hasPrefix("aux") })
  }

  /// A file with one head of two is damaged, not without heads.
  @Test func halfTheHeads() throws {
    let folder = try TemporaryFolder()
    var net = StateDict()
    for (name, tensor) in try state("googlenet", ModelArguments(numClasses: 4)) where !name.hasPrefix("aux2") {
      net[name] = tensor
    }
    try Snapshot(net: net).write(to: folder.path("half.pth"))
    let error = #expect(throws: TrainingError.self) {
      try TrainedModel.load(folder.path("half.pth"), model: "googlenet")
    }
    #expect(error.map { "\($0)".contains("missing aux2.conv.conv.weight") } == true)
  }
}
