import Engine
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// Inner values of a network and the derivative of a logit for them, against PyTorch: `Goldens/attribution.py`.
@Suite struct AttributionTests {
  struct Recorded: Sendable, Decodable {
    let state: [String: [Double]]
    let images: [Float]
    let classes: [Int]
    let logits: [Float]
    let layers: [String: Layer]

    struct Layer: Sendable, Decodable {
      let shape: [Int]
      let value: [Float]
      let gradient: [Float]
    }

    static func load() throws -> Recorded {
      let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
      return try JSONDecoder().decode(
        Recorded.self, from: Data(contentsOf: folder.appending(path: "Goldens/attribution.json")))
    }
  }

  /// The names that layers of PyTorch's net have in the graph.
  static let names = [
    "conv1": "conv1", "bn1": "bn1", "relu1": "relu1", "maxpool": "maxpool", "conv2": "res.conv2", "bn2": "res.bn2",
    "sum": "res", "relu2": "relu2", "avgpool": "avgpool",
  ]

  static let graph = Graph(
    inputChannels: 2,
    Sequential([
      "conv1": Conv2d(2, 3, kernel: 3, padding: 1), "bn1": BatchNorm2d(3), "relu1": ReLU(), "maxpool": MaxPool2d(2),
      "res": Residual(
        Sequential(["conv2": Conv2d(3, 3, kernel: 3, padding: 1, bias: false), "bn2": BatchNorm2d(3)]), rectified: false
      ),
      "relu2": ReLU(), "dropout": Dropout(0.5), "avgpool": AdaptiveAvgPool2d(1), "flatten": Flatten(),
      "fc": Linear(3, 3),
    ]))

  private static func network(_ recorded: Recorded) throws -> Network {
    let network = try Network(graph, options: ExecutionOptions(threads: 2, allowsWinograd: false))
    var state = StateDict()
    for parameter in graph.parameters {
      let name = parameter.name.hasPrefix("res.") ? String(parameter.name.dropFirst(4)) : parameter.name
      let values = try #require(recorded.state[name])
      state[parameter.name] =
        parameter.dtype == .int64
        ? Tensor(scalar: Int64(values[0])) : Tensor(values.map(Float.init), shape: parameter.shape)
    }
    try network.load(state)
    return network
  }

  private static func numbers(_ tensor: Tensor) -> [Float] { tensor.elements(as: Float.self) }

  private static func expectClose(_ tensor: Tensor, _ expected: [Float], _ what: String) {
    let found = tensor.elements(as: Float.self)
    let largest = expected.map(abs).max() ?? 0
    #expect(found.count == expected.count, "\(what)")
    #expect(
      zip(found, expected).allSatisfy { abs($0 - $1) <= 2e-5 * max(largest, 1e-3) }, "\(what): \(found) \(expected)")
  }

  @Test(arguments: Array(names.keys.sorted()))
  func valuesAndDerivativesEqualPyTorch(_ layer: String) throws {
    let recorded = try Recorded.load()
    let network = try Self.network(recorded)
    let images = Tensor(recorded.images, shape: [2, 2, 6, 6])
    let expected = try #require(recorded.layers[layer])
    let value = try #require(Self.graph.value(ofModule: Self.names[layer] ?? ""))

    let features = try network.featureProgram(batchSize: 2, inputSize: 6, values: [value])
    let (logits, values) = try features.run(images: images)
    #expect(values[0].shape == Shape(expected.shape))
    Self.expectClose(logits, recorded.logits, "logits")
    Self.expectClose(values[0], expected.value, "the value of \(layer)")

    let before = try network.state()
    let attribution = try network.attributionProgram(batchSize: 2, inputSize: 6, value: value)
    let result = try attribution.run(images: images, classes: recorded.classes)
    Self.expectClose(result.logits, recorded.logits, "logits")
    Self.expectClose(result.value, expected.value, "the value of \(layer)")
    Self.expectClose(result.gradient, expected.gradient, "the derivative for \(layer)")
    for (name, tensor) in before {
      #expect(
        try #require(network.state()[name]).withUnsafeBytes(Array.init) == tensor.withUnsafeBytes(Array.init), "\(name)"
      )
    }
  }

  @Test func severalValuesComeTogether() throws {
    let recorded = try Recorded.load()
    let network = try Self.network(recorded)
    let layers = Self.names.keys.sorted()
    let values = try layers.map { try #require(Self.graph.value(ofModule: Self.names[$0] ?? "")) }
    let program = try network.featureProgram(batchSize: 2, inputSize: 6, values: values + [Graph.input, values[0]])
    // A second run must not see what the first left.
    for _ in 0..<2 {
      let (logits, found) = try program.run(images: Tensor(recorded.images, shape: [2, 2, 6, 6]))
      Self.expectClose(logits, recorded.logits, "logits")
      for (layer, tensor) in zip(layers, found) { Self.expectClose(tensor, recorded.layers[layer]?.value ?? [], layer) }
      Self.expectClose(found[layers.count], recorded.images, "the images")
      #expect(Self.numbers(found[layers.count + 1]) == Self.numbers(found[0]))
    }
  }

  @Test func withoutAClassTheLargestLogitIsDerived() throws {
    let recorded = try Recorded.load()
    let network = try Self.network(recorded)
    let images = Tensor(recorded.images, shape: [2, 2, 6, 6])
    let value = try #require(Self.graph.value(ofModule: "relu2"))
    let program = try network.attributionProgram(batchSize: 2, inputSize: 6, value: value)
    let largest = stride(from: 0, to: 6, by: 3).map { row in
      (0..<3).max { recorded.logits[row + $0] < recorded.logits[row + $1] } ?? 0
    }
    let (first, second) = (try program.run(images: images), try program.run(images: images, classes: largest))
    #expect(Self.numbers(first.gradient) == Self.numbers(second.gradient))
    #expect(throws: EngineError.self) { try program.run(images: images, classes: [3, 0]) }
    #expect(throws: EngineError.self) { try program.run(images: images, classes: [0]) }
  }

  @Test func trainingAndInferenceAreNotDisturbed() throws {
    let recorded = try Recorded.load()
    let network = try Self.network(recorded)
    let images = Tensor(recorded.images, shape: [2, 2, 6, 6])
    let plain = try network.inferenceProgram(batchSize: 2, inputSize: 6).logits(images: images)
    Self.expectClose(plain, recorded.logits, "folded logits")
    let value = try #require(Self.graph.value(ofModule: "conv1"))
    let attribution = try network.attributionProgram(batchSize: 2, inputSize: 6, value: value)
    let first = try attribution.run(images: images, classes: [0, 1])
    let training = try network.trainingProgram(batchSize: 2, inputSize: 6)
    let update = Update(rule: .sgd(), learningRate: 0.1, step: 1)
    #expect(try training.step(images: images, labels: [0, 1], update: update, step: 0).loss.isFinite)
    // It sees the new parameters and statistics.
    let second = try attribution.run(images: images, classes: [0, 1])
    #expect(Self.numbers(second.logits) != Self.numbers(first.logits))
  }

  /// All that the families are made of gives the same with and without what attribution and features leave unfused.
  @Test(arguments: ["mobilenet_v3_small", "shufflenet_v2_x0_5", "googlenet", "squeezenet1_1"])
  func programsAgree(_ model: String) throws {
    let entry = try Registry.model(named: model)
    let graph = try entry.build(ModelArguments(numClasses: 5))
    let size = Pair(max(graph.minimumInputSize ?? 1, 48))
    let shapes = try graph.shapes(input: [3, size.height, size.width])
    let needed = graph.inferenceNodes
    let spatial = graph.nodes.indices.filter {
      needed.contains($0) && shapes[$0 + 1].rank == 3 && shapes[$0 + 1][1] > 1
    }
    let value = graph.nodes[try #require(spatial.last)].output
    let network = try Network(graph, options: ExecutionOptions(threads: 2, allowsWinograd: false))
    try network.load(graph.initialState(seed: 2))
    var random = RandomSource(seed: 1, purpose: .synthetic)
    let shape: Shape = [1, 3, size.height, size.width]
    let images = Tensor((0..<shape.count).map { _ in random.uniform() * 2 - 1 }, shape: shape)
    let logits = Self.numbers(try network.inferenceProgram(batchSize: 1, inputSize: size).logits(images: images))
    let features = try network.featureProgram(
      batchSize: 1, inputSize: size, values: [value, graph.nodes[spatial[spatial.count / 2]].output])
    let (featureLogits, values) = try features.run(images: images)
    let attribution = try network.attributionProgram(batchSize: 1, inputSize: size, value: value)
    let result = try attribution.run(images: images, classes: [3])
    Self.expectClose(featureLogits, logits, "logits beside features")
    Self.expectClose(result.logits, logits, "logits of the attribution")
    Self.expectClose(result.value, Self.numbers(values[0]), "the value")
    #expect(Self.numbers(result.gradient).contains { $0 != 0 })
  }

  @Test func modulesGiveWhatLeavesThem() throws {
    let graph = Graph(
      inputChannels: 2,
      Sequential([
        "block": Residual(
          Sequential(["conv": Conv2d(2, 2, kernel: 1), "relu": ReLU(), "conv2": Conv2d(2, 2, kernel: 1)])),
        "norm": LayerNorm2d(2), "flatten": Flatten(),
      ]))
    // block.conv, block.relu, block.conv2, block (add), block.relu, norm ×3, flatten.
    #expect(graph.value(ofModule: "block")?.index == 5)
    #expect(graph.value(ofModule: "block.relu")?.index == 5)
    #expect(graph.value(ofModule: "block.conv")?.index == 1)
    #expect(graph.value(ofModule: "norm")?.index == 8)
    #expect(graph.value(ofModule: "flatten")?.index == 9)
    #expect(graph.value(ofModule: "bloc") == nil && graph.value(ofModule: "") == nil)
    #expect(
      graph.modulePaths == ["block", "block.conv", "block.relu", "block.conv2", "norm", "flatten"])
  }
}
