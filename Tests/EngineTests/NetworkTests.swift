import Engine
import Layers
import Tensors
import Testing
import Zoo

/// What a network promises beside right numbers: the same bytes every time, and errors that say what is wrong.
@Suite struct NetworkTests {
  /// Batch norm, dropout, residual and Winograd in one small net.
  static let graph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 16, kernel: 3, padding: 1), BatchNorm2d(16), ReLU(), MaxPool2d(2),
      Residual(Sequential([Conv2d(16, 16, kernel: 3, padding: 1), BatchNorm2d(16)])), AdaptiveAvgPool2d(4), Flatten(),
      Dropout(0.3), Linear(16 * 16, 10),
    ]))

  private func images(_ batch: Int, size: Int = 16, seed: UInt64 = 1) -> Tensor {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    return Tensor(
      (0..<batch * 3 * size * size).map { _ in Float(random.normal()) }, shape: [batch, 3, size, size])
  }

  private func labels(_ batch: Int) -> [Int32] { (0..<batch).map { Int32($0 * 7 % 10) } }

  private func network(threads: Int = 2) throws -> Network {
    let network = try Network(Self.graph, options: ExecutionOptions(threads: threads, seed: 11))
    try network.load(Self.graph.initialState(seed: 4))
    return network
  }

  private func train(_ network: Network, steps: Range<Int>, rule: UpdateRule) throws -> [Double] {
    let program = try network.trainingProgram(batchSize: 6, inputSize: 16)
    return try steps.map { step in
      try program.step(
        images: images(6, seed: UInt64(step)), labels: labels(6),
        update: Update(rule: rule, learningRate: 0.01, step: step + 1), step: step
      ).loss
    }
  }

  private func expectSame(_ left: Network, _ right: Network) throws {
    let (mine, other) = (try left.state(), try right.state())
    #expect(mine.names == other.names)
    for (name, tensor) in mine { #expect(tensor.isIdentical(to: try #require(other[name])), "\(name)") }
    let (state, otherState) = (try left.optimizerState(), try right.optimizerState())
    #expect(state.keys.sorted() == otherState.keys.sorted())
    for (name, slots) in state {
      for (slot, tensor) in slots {
        #expect(tensor.isIdentical(to: try #require(otherState[name]?[slot])), "\(name) \(slot)")
      }
    }
  }

  @Test(arguments: [
    UpdateRule.sgd(momentum: 0.9, nesterov: true, weightDecay: 1e-3), .adam(weightDecay: 1e-3),
    .lamb(weightDecay: 1e-3),
  ])
  func sameSeedSameBytes(rule: UpdateRule) throws {
    let (first, second) = (try network(), try network())
    #expect(try train(first, steps: 0..<5, rule: rule) == train(second, steps: 0..<5, rule: rule))
    try expectSame(first, second)
  }

  @Test(arguments: [
    UpdateRule.sgd(momentum: 0.9, dampening: 0.1), .adam(), .adam(amsgrad: true),
    .rmsprop(momentum: 0.9, centered: true), .adagrad(rateDecay: 0.1, initialSum: 0.1), .nadam(), .lion(), .lamb(),
  ])
  func savedAndLoadedIsNeverHavingStopped(rule: UpdateRule) throws {
    let straight = try network()
    _ = try train(straight, steps: 0..<6, rule: rule)
    let before = try network()
    _ = try train(before, steps: 0..<3, rule: rule)
    let after = try Network(Self.graph, options: ExecutionOptions(threads: 2, seed: 11))
    try after.load(try before.state())
    try after.loadOptimizerState(try before.optimizerState())
    _ = try train(after, steps: 3..<6, rule: rule)
    try expectSame(straight, after)
  }

  /// Channels that do not fill the blocks of a layout leave places which a Sigmoid must not fill: the weights behind them would
  /// learn, and not be saved.
  @Test(arguments: [Activation.sigmoid, .hardSigmoid, .silu, .tanh], [1, 3, 20])
  func placesWithoutChannelStayEmpty(function: Activation, channels: Int) throws {
    let graph = Graph(
      inputChannels: 3,
      Sequential([
        Conv2d(3, channels, kernel: 3), function, Conv2d(channels, 32, kernel: 3, stride: 2), ReLU(),
        Conv2d(32, channels, kernel: 1), function, Conv2d(channels, 32, kernel: 3), AdaptiveAvgPool2d(1), Flatten(),
        Linear(32, 10),
      ]))
    func network() throws -> Network { try Network(graph, options: ExecutionOptions(threads: 2, seed: 11)) }
    func train(_ network: Network, _ steps: Range<Int>) throws {
      let program = try network.trainingProgram(batchSize: 6, inputSize: 16)
      for step in steps {
        _ = try program.step(
          images: images(6, seed: UInt64(step)), labels: labels(6),
          update: Update(rule: .sgd(), learningRate: 0.5, step: step + 1), step: step)
      }
    }
    let (straight, before, after) = (try network(), try network(), try network())
    for network in [straight, before] { try network.load(graph.initialState(seed: 4)) }
    try train(straight, 0..<3)
    try train(before, 0..<2)
    try after.load(try before.state())
    try train(after, 2..<3)
    try expectSame(straight, after)
  }

  /// A pool that changes nothing leaves its result where its input lies, and the convolution behind it adds to that.
  @Test(arguments: [1, 3])
  func sumsOverAnInputThatHasTwoNames(kernel: Int) throws {
    let convolution = Conv2d(16, 16, kernel: Pair(kernel), padding: Pair(kernel / 2))
    func graph(_ body: Sequential) -> Graph {
      Graph(
        inputChannels: 3,
        Sequential([
          Conv2d(3, 16, kernel: 3, padding: 1), Residual(body, rectified: false), AdaptiveAvgPool2d(1), Flatten(),
          Linear(16, 10),
        ]))
    }
    let (plain, pooled) = (graph(Sequential([convolution])), graph(Sequential([AdaptiveAvgPool2d(16), convolution])))
    let state = plain.initialState(seed: 4)
    var renamed = StateDict()
    for (name, tensor) in state { renamed[name.replacing("1.0.", with: "1.1.")] = tensor }
    let (expected, found) = try (
      (Network(plain, options: ExecutionOptions(threads: 2)), state),
      (Network(pooled, options: ExecutionOptions(threads: 2)), renamed)
    )
    try expected.0.load(expected.1)
    try found.0.load(found.1)
    let logits = try [expected.0, found.0].map {
      try $0.inferenceProgram(batchSize: 2, inputSize: 16).logits(images: images(2)).elements(as: Float.self)
    }
    #expect(zip(logits[0], logits[1]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// The convolution's group stands still and the others move, the linear layer's among them.
  @Test func groupsOfParametersMoveApart() throws {
    let network = try network()
    let before = try network.state()
    let update = { (rate: Double) in Update(rule: .sgd(momentum: 0.9), learningRate: rate, step: 1) }
    let isStill = Self.graph.parameters.map { $0.name.hasPrefix("0.") || $0.name == "8.bias" }
    let updates = Updates(groups: [update(0.01), update(0)], assignment: isStill.map { $0 ? 1 : 0 })
    _ = try network.trainingProgram(batchSize: 6, inputSize: 16).step(
      images: images(6), labels: labels(6), updates: updates, step: 0)
    let after = try network.state()
    // A bias in front of batch normalisation has no gradient but rounding errors.
    for (parameter, isStill) in zip(Self.graph.parameters, isStill)
    where parameter.role == .trainable && parameter.name != "4.0.bias" {
      let isSame = try #require(before[parameter.name]).isIdentical(to: try #require(after[parameter.name]))
      #expect(isSame == isStill, "\(parameter.name)")
    }
  }

  @Test func inferenceSeesEveryUpdate() throws {
    let network = try network()
    let inference = try network.inferenceProgram(batchSize: 2, inputSize: 16)
    let before = try inference.logits(images: images(2))
    _ = try train(network, steps: 0..<2, rule: .sgd())
    let after = try inference.logits(images: images(2))
    #expect(!after.isIdentical(to: before))
    let fresh = try Network(Self.graph, options: ExecutionOptions(threads: 2))
    try fresh.load(try network.state())
    #expect(try fresh.inferenceProgram(batchSize: 2, inputSize: 16).logits(images: images(2)).isIdentical(to: after))
  }

  /// A last, smaller batch has a program of its own on the same parameters.
  @Test func otherBatchSizesShareParameters() throws {
    let network = try network()
    _ = try train(network, steps: 0..<2, rule: .sgd(momentum: 0.9))
    let small = try network.trainingProgram(batchSize: 3, inputSize: 16)
    let update = Update(rule: .sgd(momentum: 0.9), learningRate: 0.01, step: 3)
    let first = try small.step(images: images(3), labels: labels(3), update: update, step: 2)
    let second = try small.step(images: images(3), labels: labels(3), update: update, step: 2)
    #expect(second.loss < first.loss)
    #expect(try network.state()["1.num_batches_tracked"]?.elements(as: Int64.self) == [4])
  }

  @Test func lossThatIsNotFiniteChangesNothing() throws {
    let network = try network()
    let before = try network.state()
    let broken = Tensor([Float](repeating: .infinity, count: 6 * 3 * 256), shape: [6, 3, 16, 16])
    let result = try network.trainingProgram(batchSize: 6, inputSize: 16).step(
      images: broken, labels: labels(6), update: Update(rule: .sgd(), learningRate: 0.1, step: 1), step: 0)
    #expect(!result.loss.isFinite)
    for (name, tensor) in try network.state() { #expect(tensor.isIdentical(to: try #require(before[name]))) }
  }

  @Test func everyMismatchIsNamed() throws {
    let network = try network()
    var state = try network.state()
    state["0.weight"] = nil
    state["8.bias"] = Tensor(zeros: [11])
    state["1.weight"] = Tensor(zeros: [16], dtype: .float64)
    state["head.weight"] = Tensor(zeros: [1])
    let error = try #require(throws: EngineError.self) { try network.load(state) }
    #expect(
      error.message == "the state dict is not this network's: missing 0.weight [16, 3, 3, 3]; "
        + "1.weight is float64 and should be float32; 8.bias is [11] and should be [10]; unexpected head.weight")
    #expect(throws: EngineError.self) {
      try network.loadOptimizerState(["8.bias": ["momentum_buffer": Tensor(zeros: [3])]])
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let network = try network()
    #expect(throws: EngineError.self) { try network.trainingProgram(batchSize: 0, inputSize: 16) }
    #expect(throws: EngineError.self) { try network.inferenceProgram(batchSize: 1, inputSize: 1) }
    let program = try network.trainingProgram(batchSize: 2, inputSize: 16)
    let update = Update(rule: .sgd(), learningRate: 0.1, step: 1)
    let wrong = try #require(throws: EngineError.self) {
      try program.step(images: images(3), labels: [1, 2], update: update, step: 0)
    }
    #expect(wrong.message == "images are float32 [3, 3, 16, 16], and the program takes float32 [2, 3, 16, 16]")
    let label = try #require(throws: EngineError.self) {
      try program.step(images: images(2), labels: [1, 10], update: update, step: 0)
    }
    #expect(label.message == "label 10 of image 1 is no class: the network has classes 0 to 9")
    #expect(throws: EngineError.self) { try Device(parsing: "cuda:1") }
    #expect(throws: EngineError.self) { try Network(Self.graph, options: ExecutionOptions(threads: 0)) }
    #expect(throws: EngineError.self) { try Network(Self.graph).state() }
  }

  /// oneDNN's reference code is a hundred times slower than the rest and says nothing about it.
  @Test(arguments: ["alexnet_bn", "vgg11", "resnet18"], [true, false])
  func noLayerFallsToReferenceCode(model: String, ownKernels: Bool) throws {
    let graph = try Registry.model(named: model).build()
    var options = ExecutionOptions(threads: 2)
    options.allowsOwnKernels = ownKernels
    let network = try Network(graph, options: options)
    let programs =
      try network.trainingProgram(batchSize: 2, inputSize: 64).implementations
      + network.inferenceProgram(batchSize: 2, inputSize: 64).implementations
    #expect(programs.count > 20)
    #expect(programs.filter { $0.name.hasPrefix("ref") }.isEmpty)
  }

  /// Dropout draws from the documented stream, zeroes with its probability and scales the rest.
  @Test func dropoutFollowsItsStream() throws {
    let graph = Graph(inputChannels: 1, Sequential([Flatten(), Dropout(0.3), Linear(64, 64, bias: false)]))
    let network = try Network(graph, options: ExecutionOptions(threads: 2, seed: 9))
    var state = StateDict()
    state["2.weight"] = Tensor(zeros: [64, 64])
    try network.load(state)
    let program = try network.trainingProgram(batchSize: 1, inputSize: 8)
    let (_, gradients) = try program.gradients(
      images: Tensor([Float](repeating: 1, count: 64), shape: [1, 1, 8, 8]), labels: [0], step: 5)
    // With zero weights the gradient of row 0 is (1/64 − 1) times what dropout let through.
    let row = try #require(gradients["2.weight"]).elements(as: Float.self).prefix(64)
    var stream = RandomSource(seed: 9, purpose: .dropout, first: 5, second: 2)
    for value in row {
      let expected: Float = stream.uniform() < 0.3 ? 0 : (1 / 64 - 1) / 0.7
      #expect(abs(value - expected) < 1e-6)
    }
  }
}
