import Engine
import Layers
import Tensors
import Testing

/// The engine against what PyTorch computed in float64. Differences are relative to a tensor's largest magnitude.
///
/// Float32 sums of up to a few thousand terms, in another order than PyTorch's, differ by about 1e-6; Winograd's
/// transforms lose about another digit.
@Suite struct PyTorchParityTests {
  /// The sets of kernels that processors choose from.
  enum Kernels: CaseIterable {
    case oneDNN, direct, fastest
  }

  static let direct = 5e-6
  static let winograd = 5e-5

  /// Loss, correct count, parameter gradients and running statistics of one training pass.
  @Test(
    arguments: try Goldens.cases("conv", "linear", "norm", "pool", "nets", "later", "tokens").filter(\.training),
    Kernels.allCases
  )
  func gradients(golden: Golden, kernels: Kernels) throws {
    let graph = try golden.lossGraph()
    let network = try self.network(graph, kernels)
    try network.load(try golden.state(of: graph))
    let images = try golden.tensor("input")
    let program = try network.trainingProgram(
      batchSize: images.shape[0], inputSize: Pair(images.shape[2], images.shape[3]))
    let tolerance = self.tolerance(golden, kernels)
    let (result, gradients) = try program.gradients(
      images: images, labels: golden.labels, labelSmoothing: golden.labelSmoothing, step: 0)
    #expect(abs(result.loss - golden.loss) <= tolerance * max(1, abs(golden.loss)))
    #expect(result.correct == golden.correct)
    for parameter in graph.parameters where parameter.role == .trainable {
      let gradient = try #require(gradients[parameter.name])
      let expected = try golden.tensor("\(parameter.name).grad")
      #expect(difference(gradient, expected) <= tolerance, "\(parameter.name).grad")
    }
    let after = try network.state()
    for (name, expected) in try golden.stateAfter(of: graph) {
      let found = try #require(after[name])
      if expected.dtype == .int64 {
        #expect(found.isIdentical(to: expected), "\(name)")
      } else {
        #expect(difference(found, expected) <= tolerance, "\(name)")
      }
    }
  }

  /// The gradient by the input: that of a weight which a convolution in front turns into the input.
  @Test(
    arguments: try Goldens.cases("conv", "linear", "norm", "pool", "nets", "later", "tokens").filter(\.training),
    Kernels.allCases
  )
  func inputGradient(golden: Golden, kernels: Kernels) throws {
    let graph = try golden.injectingGraph()
    let network = try self.network(graph, kernels)
    try network.load(try golden.state(of: graph))
    let images = try golden.injectedImages()
    let program = try network.trainingProgram(batchSize: images.shape[0], inputSize: 1)
    let (_, gradients) = try program.gradients(
      images: images, labels: golden.labels, labelSmoothing: golden.labelSmoothing, step: 0)
    let found = Golden.inputGradient(fromWeight: try #require(gradients["input.weight"]))
    #expect(difference(found, try golden.tensor("input.grad")) <= tolerance(golden, kernels))
  }

  /// Inference: operations without batch statistics, and whole nets in evaluation mode.
  @Test(arguments: try Goldens.cases("conv", "linear", "norm", "pool", "nets", "later", "tokens"), Kernels.allCases)
  func inference(golden: Golden, kernels: Kernels) throws {
    let name = golden.names(startingWith: "eval.").isEmpty ? "output" : "eval.output"
    let usesBatch = golden.nodes.contains { if case .batchNorm2d = $0.operation { true } else { false } }
    guard !usesBatch || !golden.training || name == "eval.output" else { return }
    let graph = try golden.graph()
    let network = try self.network(graph, kernels)
    try network.load(try golden.state(of: try golden.lossGraph()).filter { name, _ in !name.hasPrefix("head.") })
    let images = try golden.tensor("input")
    let program = try network.inferenceProgram(
      batchSize: images.shape[0], inputSize: Pair(images.shape[2], images.shape[3]))
    let logits = try program.logits(images: images)
    let expected = try golden.tensor(name)
    #expect(difference(logits.reshaped(to: expected.shape), expected) <= tolerance(golden, kernels))
  }

  /// Five steps of an optimizer: the losses before each, and parameters, statistics and state after the last.
  @Test(arguments: try Goldens.cases("training"), Kernels.allCases)
  func training(golden: Golden, kernels: Kernels) throws {
    let graph = try golden.lossGraph()
    let network = try self.network(graph, kernels)
    try network.load(try golden.state(of: graph))
    let images = try golden.tensor("input")
    let shape = try golden.inputShape
    let program = try network.trainingProgram(batchSize: shape[0], inputSize: Pair(shape[2], shape[3]))
    let rule = try #require(golden.optimizer).rule
    let rates = try #require(golden.learningRates)
    let losses = try #require(golden.losses)
    let pixels = images.elements(as: Float.self)
    // Adam divides by the root of small squares, which magnifies rounding in the first steps.
    let tolerance = 20 * self.tolerance(golden, kernels)
    for step in rates.indices {
      let batch = Tensor(Array(pixels[step * shape.count..<(step + 1) * shape.count]), shape: shape)
      let labels = Array(golden.labels[step * shape[0]..<(step + 1) * shape[0]])
      let result = try program.step(
        images: batch, labels: labels, labelSmoothing: golden.labelSmoothing,
        update: Update(rule: rule, learningRate: rates[step], step: step + 1), step: step)
      #expect(abs(result.loss - losses[step]) <= tolerance * max(1, losses[step]), "step \(step)")
    }
    let after = try network.state()
    for (name, expected) in try golden.stateAfter(of: graph) where expected.dtype == .float32 {
      #expect(difference(try #require(after[name]), expected) <= tolerance, "\(name)")
    }
    let state = try network.optimizerState()
    for parameter in graph.parameters where parameter.role == .trainable {
      for slot in rule.slots {
        let found = try #require(state[parameter.name]?[slot])
        let expected = try golden.tensor("state.\(parameter.name).\(slot)")
        #expect(difference(found, expected) <= tolerance, "\(parameter.name) \(slot)")
      }
    }
  }

  private func network(_ graph: Graph, _ kernels: Kernels) throws -> Network {
    var options = ExecutionOptions(threads: 2, allowsWinograd: kernels == .fastest)
    options.allowsOwnKernels = kernels != .oneDNN
    return try Network(graph, options: options)
  }

  private func tolerance(_ golden: Golden, _ kernels: Kernels) -> Double {
    max(kernels == .fastest ? Self.winograd : Self.direct, 8 * golden.float32Error)
  }

  /// The largest absolute difference over the expected tensor's largest magnitude.
  private func difference(_ found: Tensor, _ expected: Tensor) -> Double {
    let (left, right) = (found.elements(as: Float.self), expected.elements(as: Float.self))
    guard found.shape == expected.shape else { return .infinity }
    let scale = right.reduce(Float(1e-20)) { max($0, abs($1)) }
    var worst = 0.0
    for (a, b) in zip(left, right) {
      guard a.isFinite else { return .infinity }
      worst = max(worst, Double(abs(a - b) / scale))
    }
    return worst
  }
}
