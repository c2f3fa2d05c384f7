import Engine
import Layers
import Tensors
import Testing

/// Algorithms that are asked for by name, and the search for the fastest.
@Suite struct AlgorithmSearchTests {
  private static let graph = Graph(
    inputChannels: 3,
    Sequential([
      "first": Conv2d(3, 16, kernel: 3, padding: 1), "relu": ReLU(), "second": Conv2d(16, 16, kernel: 3, padding: 1),
      "third": Conv2d(16, 16, kernel: 3, stride: 2, padding: 1), "pool": AdaptiveAvgPool2d(1), "flatten": Flatten(),
      "fc": Linear(16, 4),
    ]))
  private static let size = Pair(16)

  /// A training step with some algorithms: what computed each convolution forward, and the gradients.
  private static func step(
    _ algorithms: [String: ConvolutionAlgorithm]
  ) throws -> (names: [String: [String]], gradients: StateDict) {
    let network = try Network(graph, options: ExecutionOptions(threads: 2, algorithms: algorithms))
    try network.load(graph.initialState(seed: 3))
    let program = try network.trainingProgram(batchSize: 2, inputSize: size)
    var random = RandomSource(seed: 4, purpose: .synthetic)
    let shape: Shape = [2, 3, 16, 16]
    let images = Tensor((0..<shape.count).map { _ in random.uniform() }, shape: shape)
    let names = Dictionary(grouping: program.implementations.filter { $0.pass == "forward" }, by: \.module)
    return (
      names.mapValues { $0.map(\.name) },
      try program.gradients(images: images, labels: [1, 2], step: 0).gradients
    )
  }

  @Test func algorithmsAreThoseAskedFor() throws {
    let usual = try Self.step([:])
    let direct = try Self.step(["first": .direct, "second": .direct, "third": .direct])
    func usesWinograd(_ names: [String: [String]], _ module: String) -> Bool {
      names[module]?.contains { $0.contains("wino") } ?? false
    }
    #expect(usesWinograd(usual.names, "second"))
    for module in ["first", "second", "third"] { #expect(!usesWinograd(direct.names, module)) }
    #expect(direct.names["first"]?.contains("zoo:first_conv") == false)
    // Where it does not apply, asking for it is no error.
    let asked = try Self.step(["first": .winograd, "second": .winograd, "third": .winograd])
    #expect(usesWinograd(asked.names, "second"))
    #expect(!usesWinograd(asked.names, "third"))
    for (name, gradient) in usual.gradients {
      for other in [direct.gradients[name], asked.gradients[name]] {
        let pairs = zip(gradient.elements(as: Float.self), try #require(other).elements(as: Float.self))
        for (first, second) in pairs { #expect(abs(first - second) <= 1e-4 * max(1, abs(first)), "\(name)") }
      }
    }
  }

  @Test(arguments: [false, true]) func searchNamesEveryConvolutionAndIsFollowed(keepsGradients: Bool) throws {
    let search = try AlgorithmSearch(
      Self.graph, batchSize: 2, inputSize: Self.size, options: ExecutionOptions(threads: 2),
      keepsGradients: keepsGradients, steps: 2)
    #expect(search.algorithms.keys.sorted() == ["first", "second", "third"])
    #expect(search.algorithms["third"] == .direct)
    #expect(search.milliseconds > 0 && search.milliseconds <= search.usualMilliseconds)
    let names = try Self.step(search.algorithms).names
    let usesWinograd = names["second"]?.contains { $0.contains("wino") }
    #expect(usesWinograd == (search.algorithms["second"] == .winograd))
  }

  /// A pass whose gradients are kept changes no parameter, and the second adds to the first.
  @Test func whatIsTimedIsWhatRuns() throws {
    let network = try Network(Self.graph, options: ExecutionOptions(threads: 2))
    let state = Self.graph.initialState(seed: 3)
    try network.load(state)
    let program = try network.trainingProgram(batchSize: 2, inputSize: Self.size)
    let images = Tensor((0..<2 * 3 * 256).map { Float($0 % 13) / 13 }, shape: [2, 3, 16, 16])
    for step in 0..<2 { _ = try program.profile(images: images, labels: [1, 2], update: nil, step: step) }
    let kept = try network.state()
    for (name, tensor) in state { #expect(try #require(kept[name]).isIdentical(to: tensor), "\(name)") }
    let updates = Updates(Update(rule: .sgd(), learningRate: 1, step: 1))
    let twice = try #require(
      try network.update(updates, dividingBy: 1, clipping: .norm(1e-9)).gradientNorm)
    _ = try program.profile(images: images, labels: [1, 2], update: nil, step: 0)
    let once = try #require(try network.update(updates, dividingBy: 1, clipping: .norm(1e-9)).gradientNorm)
    #expect(abs(twice - 2 * once) <= 1e-4 * twice)
  }

  @Test func nothingForbiddenIsFound() throws {
    let search = try AlgorithmSearch(
      Self.graph, batchSize: 2, inputSize: Self.size, options: ExecutionOptions(threads: 2, allowsWinograd: false),
      steps: 1)
    #expect(!search.algorithms.values.contains(.winograd))
  }
}
