import Checkpoint
import Engine
import Fixtures
import Foundation
import Layers
import OrderedCollections
import SwiftProtobuf
import Tensors
import Testing

@testable import ONNX

/// Networks from ONNX models: those of other programs by goldens of real exporters, zoo's own by their round trip.
@Suite struct ImportTests {
  struct Golden: Decodable {
    let softmax: Bool
    let result: [Double]
  }

  static let folder = Bundle.module.bundleURL.appending(path: "Goldens")
  static let goldens: [String: Golden] = {
    guard let data = try? Data(contentsOf: folder.appending(path: "expected.json")) else { return [:] }
    return (try? JSONDecoder().decode([String: Golden].self, from: data)) ?? [:]
  }()

  /// The images that the goldens were made with.
  static let images: Tensor = {
    let numbers: [Float] = (0..<2400).map { (index: Int) -> Float in Float(index * 37 % 101) / 50 - 1 }
    return Tensor(numbers, shape: [2, 3, 20, 20])
  }()

  static func logits(_ imported: ImportedNetwork, _ images: Tensor = images) throws -> [Double] {
    let network = try Network(imported.graph.graph())
    var state = StateDict()
    for (name, source) in imported.net { state[name] = try source.tensor() }
    try network.load(state)
    let program = try network.inferenceProgram(
      batchSize: images.shape[0], inputSize: Pair(images.shape[2], images.shape[3]))
    return try program.logits(images: images).elements(as: Float.self).map(Double.init)
  }

  @Test func thereAreGoldens() { #expect(Self.goldens.count == 17) }

  /// What onnxruntime computes with models of PyTorch's two exporters, Keras, and one laid out as tf2onnx does.
  @Test(arguments: goldens.keys.sorted())
  func otherPrograms(name: String) throws {
    let golden = try #require(Self.goldens[name])
    let imported = try ImportedNetwork(opening: Self.folder.appending(path: "\(name).onnx").path)
    #expect(imported.classes == 5 && imported.inputSize == 20 && imported.graph.inputChannels == 3)
    var found = try Self.logits(imported)
    #expect(imported.notes.contains { $0.contains("Softmax") } == golden.softmax)
    if golden.softmax {
      found = stride(from: 0, to: found.count, by: 5).flatMap { start in
        let powers = found[start..<start + 5].map(exp)
        return powers.map { $0 / powers.reduce(0, +) }
      }
    }
    let largest = golden.result.map(abs).max() ?? 1
    #expect(found.count == golden.result.count)
    for (number, expected) in zip(found, golden.result) { #expect(abs(number - expected) <= 1e-5 * largest) }
  }

  /// Layers and names, where the file has them.
  @Test func layersAreFoundAgain() throws {
    func operations(_ name: String) throws -> [String] {
      let imported = try ImportedNetwork(opening: Self.folder.appending(path: "\(name).onnx").path)
      return imported.graph.nodes.map { node in
        if case .activation(let function) = node.operation { return function.rawValue }
        return String("\(node.operation)".prefix { $0 != "(" })
      }
    }
    for name in ["normed-script13", "normed-script17", "normed-dynamo"] {
      let found = try operations(name)
      #expect(found.count { $0 == "layerNorm" } == 2 && found.count { $0 == "gelu" } == 1, "\(name): \(found)")
      #expect(found.count { $0 == "linear" } == 3 && found.count { $0 == "layerScale" } == 1, "\(name): \(found)")
    }
    for name in ["gated-script13", "gated-script17", "gated-dynamo"] {
      let found = try operations(name)
      #expect(found.count { $0 == "silu" } == 2 && found.count { $0 == "hard_swish" } == 1, "\(name): \(found)")
      #expect(!found.contains("sigmoid") || found.count { $0 == "sigmoid" } == 1, "\(name): \(found)")
    }
    for name in ["shuffled-script13", "shuffled-script17", "shuffled-dynamo"] {
      #expect(try operations(name).contains("channelShuffle"), "\(name)")
    }
    let keras = try operations("keras")
    #expect(!keras.dropFirst().contains("permute"), "\(keras)")
    #expect(try operations("tensorflow").contains("hard_swish"))
    let names = try ImportedNetwork(opening: Self.folder.appending(path: "plain-script13.onnx").path).net.keys
    #expect(
      names.elements == [
        "features.0.weight", "features.1.weight", "features.1.bias", "features.1.running_mean",
        "features.1.running_var", "features.1.num_batches_tracked", "features.4.weight", "features.4.bias",
        "classifier.1.weight", "classifier.1.bias", "classifier.3.weight", "classifier.3.bias",
      ])
  }

  // MARK: - zoo's own files

  /// Something of every operation that has a file of its own.
  static let everything = Sequential([
    "stem": Sequential([
      "norm": ChannelAffine(scale: [2, 3, 4], shift: [0.1, 0.2, 0.3]),
      "conv": Conv2d(3, 8, kernel: 3, stride: 2, padding: 1),
      "bn": BatchNorm2d(8), "act": Activation.hardSwish, "lrn": LocalResponseNorm(3, alpha: 0.1),
    ]),
    "pad": ZeroPad2d(Sides(left: 1, right: 0, top: 2, bottom: 1)), "pool": MaxPool2d(3, stride: 2, ceilMode: true),
    "shuffle": ChannelShuffle(groups: 4), "narrow": NarrowChannels(from: 1, count: 5),
    "channels": PadChannels(after: 3),
    "block": Residual(Sequential(["conv": Conv2d(8, 8, kernel: 3, padding: 1, groups: 2), "act": Activation.gelu])),
    "mean": AvgPool2d(2, stride: 1, padding: 1, countIncludePad: false), "gate": Activation.silu,
    "last": Permute.channelsLast, "layer_norm": LayerNorm(8), "linear": Linear(8, 6), "first": Permute.channelsFirst,
    "six": Activation.relu6, "join": Concat(["a": Sequential([]), "b": Activation.hardSigmoid]),
    "drop": Dropout(), "global": AdaptiveAvgPool2d(1), "flat": Flatten(), "tanh": Activation.tanh, "fc": Linear(12, 4),
  ])

  @Test(arguments: [13, 16, 17, 20, 22])
  func roundTrips(opset: Int) throws {
    let graph = Graph(inputChannels: 3, Self.everything)
    let weights = ExportTests.weights(graph)
    let folder = try TemporaryFolder()
    var options = ExportOptions()
    options.opset = opset
    options.batch = opset == 13 ? .fixed(2) : .dynamic
    try Export(graph, name: "all", input: [3, 20, 20], weights: weights, options: options).write(
      to: folder.path("a.onnx"))
    let imported = try ImportedNetwork(opening: folder.path("a.onnx"))
    #expect(Set(imported.net.keys) == Set(weights.keys))
    for (name, source) in imported.net {
      let own = try #require(weights[name])
      #expect(try source.tensor().isIdentical(to: own.tensor()), "\(name)")
    }
    let network = try Network(graph)
    var state = StateDict()
    for (name, source) in weights { state[name] = try source.tensor() }
    try network.load(state)
    let expected = try network.inferenceProgram(batchSize: 2, inputSize: 20).logits(images: Self.images)
      .elements(as: Float.self)
    let found = try Self.logits(imported)
    let largest = expected.map(abs).max() ?? 1
    for (number, wanted) in zip(found, expected) { #expect(abs(Float(number) - wanted) <= 1e-5 * largest) }
  }

  /// The form that checkpoints keep says the same graph.
  @Test func storedGraphs() throws {
    let imported = try ImportedNetwork(opening: Self.folder.appending(path: "normed-dynamo.onnx").path)
    let text = try JSONEncoder().encode(imported.graph)
    let read = try JSONDecoder().decode(StoredGraph.self, from: text)
    #expect(try read == imported.graph && read.graph() == imported.graph.graph())
    let other = try #require(imported.graph.withClasses(9))
    let graph = try other.graph()
    #expect(try graph.shapes(input: [3, 20, 20])[graph.output.index] == [9])
    #expect(other.classes == 9 && imported.graph.classes == 5)
  }
}

/// What is no network of zoo's is refused in words.
@Suite struct ImportRulesTests {
  /// A model of one convolution, changed.
  private static func imported(_ size: Int? = nil, _ change: (inout ONNXModel) -> Void) throws -> ImportedNetwork {
    let graph = Graph(
      inputChannels: 3,
      Sequential(["conv": Conv2d(3, 4, kernel: 3), "pool": AdaptiveAvgPool2d(1), "flat": Flatten(), "fc": Linear(4, 2)])
    )
    var model = try ExportTests.written(graph: graph, size: 8)
    change(&model)
    let folder = try TemporaryFolder()
    try PublishedFile.write([UInt8](model.serializedData()), to: folder.path("a.onnx"))
    return try ImportedNetwork(opening: folder.path("a.onnx"), inputSize: size)
  }

  private static func message(_ size: Int? = nil, _ change: (inout ONNXModel) -> Void) -> String {
    do {
      _ = try imported(size, change)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func theModelItselfIsTaken() throws {
    let model = try Self.imported { _ in }
    #expect(model.classes == 2 && model.inputSize == 8 && model.properties["model"] == "tiny")
  }

  @Test(arguments: [(6, "opset 6"), (25, "opset 25"), (-1, "opset -1"), (99, "zoo reads 7 to 24")])
  func unknownOpsets(version: Int, expected: String) {
    let message = Self.message { $0.opsetImport[0].version = Int64(version) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test func noOpset() {
    #expect(Self.message { $0.opsetImport = [] }.contains("does not say which version"))
  }

  /// All operators that are missing, how often, and where they are first.
  @Test func operatorsThatAreMissing() {
    let message = Self.message { model in
      func node(_ kind: String, _ name: String, domain: String = "") -> ONNXNode {
        .with {
          $0.opType = kind
          $0.name = name
          $0.domain = domain
          $0.input = ["input"]
          $0.output = [name]
        }
      }
      model.graph.node += [
        node("LSTM", "rnn/\u{1B}[1m1"), node("LSTM", "rnn2"), node("FusedConv", "f", domain: "com.microsoft"),
      ]
      Self.end(&model, with: ["rnn/\u{1B}[1m1", "rnn2", "f"])
    }
    #expect(message.contains("LSTM (2 times, first in 'rnn/\\u{1B}[1m1')"), "\(message)")
    #expect(message.contains("com.microsoft.FusedConv (once, first in 'f')"), "\(message)")
  }

  /// Nodes whose form is missing, all of them.
  @Test func formsThatAreMissing() {
    let message = Self.message { model in
      model.graph.node[0].attribute.removeAll { $0.name == "kernel_shape" || $0.name == "strides" }
      model.graph.node[0].attribute.append(.ints("strides", [1, 1, 1]))
      model.graph.node.append(
        .with {
          $0.opType = "MaxPool"
          $0.name = "second"
          $0.input = ["input"]
          $0.output = ["pooled"]
        })
      Self.end(&model, with: ["pooled"])
    }
    #expect(message.contains("2 nodes have no counterpart"), "\(message)")
    #expect(message.contains("Conv 'conv/Conv' has strides [1, 1, 1]"), "\(message)")
    #expect(message.contains("MaxPool 'second' has no attribute 'kernel_shape'"), "\(message)")
  }

  /// Lets the result need other values too.
  private static func end(_ model: inout ONNXModel, with values: [String]) {
    let result = model.graph.output[0].name
    model.graph.node.append(
      .with {
        $0.opType = "Concat"
        $0.name = "end"
        $0.input = [result] + values
        $0.output = ["end"]
      })
    model.graph.output[0].name = "end"
  }

  @Test func otherInputs() {
    let twice = Self.message { $0.graph.input.append(.with { $0.name = "more" }) }
    #expect(twice.contains("takes 2 inputs"), "\(twice)")
    let open = { (model: inout ONNXModel) in
      for axis in 2...3 { model.graph.input[0].type.tensorType.shape.dim[axis].dimParam = "size" }
    }
    #expect(Self.message(nil, open).contains("--input-size N"))
    #expect(Self.message(16, open).isEmpty)
    let wide = Self.message { $0.graph.input[0].type.tensorType.shape.dim[3].dimValue = 9 }
    #expect(wide.contains("8x9"), "\(wide)")
    let whole = Self.message { $0.graph.input[0].type.tensorType.elemType = 7 }
    #expect(whole.contains("floating-point"), "\(whole)")
    let flat = Self.message { $0.graph.input[0].type.tensorType.shape.dim.removeLast() }
    #expect(flat.contains("[?, 3, 8]"), "\(flat)")
  }

  @Test func valuesThatAreNotThere() {
    let dangling = Self.message { $0.graph.node[1].input[0] = "nowhere" }
    #expect(dangling.contains("takes 'nowhere', which nothing gives"), "\(dangling)")
    let result = Self.message { $0.graph.output[0].name = "elsewhere" }
    #expect(result.contains("elsewhere"), "\(result)")
    let image = Self.message { $0.graph.output[0].name = $0.graph.node[0].output[0] }
    #expect(image.contains("one number for each class is expected"), "\(image)")
    // Of a cycle one node takes what is given later.
    let cycle = Self.message { $0.graph.node.reverse() }
    #expect(cycle.contains("which nothing gives"), "\(cycle)")
  }

  /// A weight of a claimed shape that the file does not hold, and one that the layer cannot have.
  @Test func weightsThatAreWrong() {
    let short = Self.message { $0.graph.initializer[0].dims[0] = 1 << 40 }
    #expect(short.contains("bytes for its elements") || short.contains("no memory"), "\(short)")
    let flat = Self.message { $0.graph.initializer[0].dims = [4 * 27] }
    #expect(flat.contains("of two dimensions"), "\(flat)")
    let groups = Self.message { model in
      model.graph.node[0].attribute.removeAll { $0.name == "group" }
      model.graph.node[0].attribute.append(.int("group", 3))
    }
    #expect(groups.contains("channels"), "\(groups)")
  }

  @Test(arguments: [
    (#"{"inputChannels":0,"nodes":[],"output":0}"#, "0 channels"),
    (#"{"inputChannels":3,"nodes":[],"output":1}"#, "value 1"),
    (
      #"{"inputChannels":3,"nodes":[{"name":"a","operation":{"flatten":{}},"inputs":[1],"parameters":[]}],"output":1}"#,
      "not there"
    ),
    (
      #"{"inputChannels":3,"nodes":[{"name":"a","operation":{"flatten":{}},"inputs":[0],"parameters":["w"]}],"output":1}"#,
      "has 0"
    ),
    (
      #"{"inputChannels":3,"nodes":[{"name":"a","operation":{"linear":{"inFeatures":-1,"outFeatures":2,"bias":false}},"inputs":[0],"parameters":["w"]}],"output":1}"#,
      "must be at least 1"
    ),
    (
      #"{"inputChannels":3,"nodes":[{"name":"a","operation":{"cropTokens":{}},"inputs":[0,0],"parameters":[]}],"output":1}"#,
      "not kept"
    ),
    (
      #"{"inputChannels":3,"nodes":[{"name":"a","operation":{"batchNorm2d":{"features":3,"epsilon":1,"momentum":0}},"inputs":[0],"parameters":["w","w","m","v","n"]}],"output":1}"#,
      "twice"
    ),
  ])
  func storedGraphsThatAreNone(text: String, expected: String) throws {
    let stored = try JSONDecoder().decode(StoredGraph.self, from: Data(text.utf8))
    let error = try #require(throws: LayersError.self) { try stored.graph() }
    #expect(error.description.contains(expected), "\(error)")
  }
}
