import Engine
import Layers
import Tensors
import Testing

/// What does not learn: values, gradients and statistics, and what is not computed.
@Suite struct FrozenTests {
  static let graph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 8, kernel: 3, padding: 1), BatchNorm2d(8), ReLU(), Conv2d(8, 16, kernel: 3, padding: 1),
      BatchNorm2d(16),
      ReLU(), MaxPool2d(2), Flatten(), Linear(16 * 64, 12), ReLU(), Linear(12, 10),
    ]))
  private let labels: [Int32] = [0, 3, 9, 4]

  private func images(_ seed: UInt64 = 1) -> Tensor {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    return Tensor((0..<4 * 3 * 256).map { _ in Float(random.normal()) }, shape: [4, 3, 16, 16])
  }

  private func network(_ frozen: Frozen, ownKernels: Bool) throws -> Network {
    var options = ExecutionOptions(threads: 2)
    options.allowsOwnKernels = ownKernels
    let network = try Network(Self.graph, options: options, frozen: frozen)
    var state = Self.graph.initialState(seed: 4)
    // Statistics unlike those of any batch.
    state["1.running_mean"] = Tensor((0..<8).map { Float($0) / 10 - 0.3 }, shape: [8])
    state["1.running_var"] = Tensor((0..<8).map { Float($0) / 5 + 0.4 }, shape: [8])
    try network.load(state)
    return network
  }

  private static func names(_ pattern: (String) -> Bool) -> Set<String> {
    Set(graph.parameters.filter { $0.role == .trainable }.map(\.name).filter(pattern))
  }

  /// A step with frozen parameters is a step without, but for the frozen ones: the same bytes.
  @Test(
    arguments: [["0."], ["0.", "1.", "3.", "4."], ["8.weight"], ["8.bias", "10.weight"], ["1.", "10."]], [true, false])
  func theOthersLearnAsBefore(prefixes: [String], ownKernels: Bool) throws {
    let frozen = Self.names { name in prefixes.contains { name.hasPrefix($0) } }
    let (some, all) = (
      try network(Frozen(parameters: frozen), ownKernels: ownKernels), try network(Frozen(), ownKernels: ownKernels)
    )
    let before = try some.state()
    for network in [some, all] {
      let update = Update(rule: .sgd(momentum: 0.9, weightDecay: 0.1), learningRate: 0.01, step: 1)
      _ = try network.trainingProgram(batchSize: 4, inputSize: 16).step(
        images: images(), labels: labels, update: update, step: 0)
    }
    let (after, whole) = (try some.state(), try all.state())
    for (name, tensor) in after {
      let expected = frozen.contains(name) ? before[name] : whole[name]
      #expect(tensor.isIdentical(to: try #require(expected)), "\(name)")
    }
    #expect(try some.optimizerState().keys.allSatisfy { !frozen.contains($0) })
  }

  /// Where only the classifier learns, nothing goes back through what is below.
  @Test(arguments: [true, false]) func theBackwardPassEndsWhereNothingBelowLearns(ownKernels: Bool) throws {
    let frozen = Self.names { !$0.hasPrefix("10.") }
    let program = try network(Frozen(parameters: frozen), ownKernels: ownKernels).trainingProgram(
      batchSize: 4, inputSize: 16)
    let passes = program.implementations.filter { $0.pass.hasPrefix("backward") || $0.pass.hasPrefix("update") }
    #expect(!passes.isEmpty && passes.allSatisfy { $0.module.hasPrefix("10") }, "\(passes)")
  }

  /// Fixed statistics are those of inference: the frozen part gives what it gives there, and gradients go through it as
  /// through multiplications.
  @Test(arguments: [true, false]) func fixedStatisticsStayAndAreUsed(ownKernels: Bool) throws {
    let frozen = Self.names { $0.hasPrefix("1.") }
    let fixed = try network(Frozen(parameters: frozen, fixesStatistics: true), ownKernels: ownKernels)
    let moving = try network(Frozen(parameters: frozen), ownKernels: ownKernels)
    let before = try fixed.state()
    let (images, labels) = (images(), labels)
    func loss(_ network: Network) throws -> Double {
      try network.trainingProgram(batchSize: 4, inputSize: 16).gradients(images: images, labels: labels, step: 0)
        .result.loss
    }
    let gradients = try fixed.trainingProgram(batchSize: 4, inputSize: 16).gradients(
      images: images, labels: labels, step: 0
    ).gradients
    #expect(try loss(fixed) != loss(moving))
    let (after, moved) = (try fixed.state(), try moving.state())
    for name in ["1.running_mean", "1.running_var", "1.num_batches_tracked"] {
      let old = try #require(before[name])
      #expect(try #require(after[name]).isIdentical(to: old) && !#require(moved[name]).isIdentical(to: old), "\(name)")
    }
    // The other normalisation is not frozen, and moves.
    #expect(try !#require(after["4.running_mean"]).isIdentical(to: #require(before["4.running_mean"])))

    // Against finite differences of the first bias, which the frozen normalisation passes on: it would not, if that
    // subtracted the batch's mean.
    let bias = try #require(before["0.bias"]).elements(as: Float.self)
    let slopes = try #require(gradients["0.bias"]).elements(as: Float.self)
    for channel in [0, 5] {
      var losses: [Double] = []
      for shift in [-0.002, 0.002] as [Float] {
        var state = before
        var values = bias
        values[channel] += shift
        state["0.bias"] = Tensor(values, shape: [8])
        try fixed.load(state)
        losses.append(try loss(fixed))
      }
      let slope = (losses[1] - losses[0]) / 0.004
      #expect(abs(slope - Double(slopes[channel])) < 0.05 * abs(slope) + 2e-3, "\(slope) \(slopes[channel])")
    }
    #expect(slopes.contains { abs($0) > 1e-3 })
  }
}
