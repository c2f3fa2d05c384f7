import Engine
import Foundation
import Layers
import Tensors
import Testing

/// Gradients that are kept: sums over batches and their clipping, against one step of PyTorch on all images at once
/// (`Goldens/updates.py`).
@Suite struct AccumulationTests {
  struct Recorded: Sendable, Decodable {
    let images: [Float]
    let labels: [Int32]
    let rate: Double
    let classWeights: [Float]
    let weight: [Float]
    let bias: [Float]
    let cases: [Case]

    /// What is done to the gradient, its length before, and the parameters afterwards.
    struct Case: Sendable, Decodable {
      let norm: Double?
      let value: Double?
      let length: Double?
      let weight: [Double]
      let bias: [Double]

      var clipping: GradientClipping? { norm.map { .norm($0) } ?? value.map { .value($0) } }
    }

    static func load() throws -> Recorded {
      let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
      return try JSONDecoder().decode(
        Recorded.self, from: Data(contentsOf: folder.appending(path: "Goldens/updates.json")))
    }
  }

  static let batches = [[6], [4, 2], [1, 2, 3], [1, 1, 1, 1, 1, 1]]

  @Test(arguments: batches, [true, false])
  func batchesAddUpToPyTorchsLargeOne(sizes: [Int], ownKernels: Bool) throws {
    let recorded = try Recorded.load()
    let (inputs, classes) = (recorded.images.count / recorded.labels.count, recorded.bias.count)
    let graph = Graph(inputChannels: 1, Sequential([Flatten(), Linear(inputs, classes)]))
    var options = ExecutionOptions(threads: 2)
    options.allowsOwnKernels = ownKernels
    let network = try Network(graph, options: options)
    let loss = CrossEntropy(classWeights: recorded.classWeights)
    for item in recorded.cases {
      var state = StateDict()
      state["1.weight"] = Tensor(recorded.weight, shape: [classes, inputs])
      state["1.bias"] = Tensor(recorded.bias, shape: [classes])
      try network.load(state)
      var (start, divisor) = (0, 0.0)
      for size in sizes {
        let images = Array(recorded.images[start * inputs..<(start + size) * inputs])
        let result = try network.trainingProgram(batchSize: size, inputSize: Pair(1, inputs)).accumulate(
          images: Tensor(images, shape: [size, 1, 1, inputs]),
          targets: .classes(Array(recorded.labels[start..<start + size])), loss: loss, step: 0)
        divisor += result.weight
        start += size
      }
      let update = Updates(Update(rule: .sgd(), learningRate: recorded.rate, step: 1))
      let result = try network.update(update, dividingBy: divisor, clipping: item.clipping)
      #expect((result.gradientNorm == nil) == (item.length == nil))
      if let length = item.length { #expect(abs((result.gradientNorm ?? 0) - length) <= 1e-6 * length) }
      let after = try network.state()
      for (name, expected) in [("1.weight", item.weight), ("1.bias", item.bias)] {
        let found = try #require(after[name]).elements(as: Float.self)
        #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) <= 1e-6 }, "\(name) \(item)")
      }
    }
  }

  /// Without biases in front of batch normalisation, whose gradients are nothing but rounding.
  private static let graph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16), ReLU(), MaxPool2d(2),
      Residual(Sequential([Conv2d(16, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16)])), Flatten(),
      Dropout(0.3), Linear(16 * 64, 10),
    ]))

  /// Convolutions, batch normalisation and every way that a gradient is kept: what is accumulated over one batch, undivided,
  /// is what a step takes, to rounding; for LAMB, which needs whole tensors, too.
  @Test(arguments: [UpdateRule.sgd(momentum: 0.9), .adam(), .lamb(weightDecay: 0.1)], [true, false])
  func oneBatchIsAStep(rule: UpdateRule, ownKernels: Bool) throws {
    var options = ExecutionOptions(threads: 2, seed: 11)
    options.allowsOwnKernels = ownKernels
    let (kept, direct) = (
      try Network(Self.graph, options: options), try Network(Self.graph, options: options)
    )
    for network in [kept, direct] { try network.load(Self.graph.initialState(seed: 4)) }
    let labels: [Int32] = [0, 3, 4, 9, 1, 3]
    for step in 0..<3 {
      var random = RandomSource(seed: UInt64(step), purpose: .synthetic)
      let images = Tensor((0..<6 * 3 * 256).map { _ in Float(random.normal()) }, shape: [6, 3, 16, 16])
      let updates = Updates(Update(rule: rule, learningRate: 0.01, step: step + 1))
      _ = try direct.trainingProgram(batchSize: 6, inputSize: 16).step(
        images: images, targets: .classes(labels), loss: CrossEntropy(), updates: updates, step: step)
      let program = try kept.trainingProgram(batchSize: 6, inputSize: 16)
      let result = try program.accumulate(
        images: images, targets: .classes(labels), loss: CrossEntropy(), step: step)
      _ = try kept.update(updates, dividingBy: result.weight)
    }
    let expected = try direct.state()
    for (name, tensor) in try kept.state() where tensor.dtype == .float32 {
      let pairs = zip(tensor.elements(as: Float.self), try #require(expected[name]).elements(as: Float.self))
      let scale = pairs.reduce(Float(1e-3)) { max($0, abs($1.1)) }
      // Adam's first steps have the size of the rate whatever the gradient's: of one near zero they magnify the rounding.
      let far = pairs.count { abs($0 - $1) > 1e-4 * scale }
      #expect(far <= tensor.count / 50, "\(name): \(far) of \(tensor.count)")
    }
    #expect(try kept.state()["1.num_batches_tracked"]?.elements(as: Int64.self) == [3])
  }

  @Test func aLengthThatIsNotFiniteUpdatesNothing() throws {
    let graph = Graph(inputChannels: 1, Sequential([Flatten(), Linear(4, 3)]))
    let network = try Network(graph, options: ExecutionOptions(threads: 1))
    var state = StateDict()
    state["1.weight"] = Tensor(zeros: [3, 4])
    state["1.bias"] = Tensor(zeros: [3])
    try network.load(state)
    let huge = Tensor([Float](repeating: 1e30, count: 4), shape: [1, 1, 1, 4])
    let result = try network.trainingProgram(batchSize: 1, inputSize: Pair(1, 4)).accumulate(
      images: huge, targets: .classes([0]), loss: CrossEntropy(), step: 0)
    #expect(result.loss.isFinite)
    let updates = Updates(Update(rule: .sgd(), learningRate: 1, step: 1))
    let norm = try #require(try network.update(updates, dividingBy: 1, clipping: .norm(1)).gradientNorm)
    #expect(norm == .infinity)
    for (name, tensor) in try network.state() { #expect(tensor.isIdentical(to: try #require(state[name]))) }
    // The sums are gone, and there is nothing to update by.
    let error = try #require(throws: EngineError.self) { try network.update(updates, dividingBy: 1) }
    #expect(error.message.contains("accumulate those of a batch first"))
  }
}
