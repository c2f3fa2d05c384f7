import Foundation
import Layers
import Tensors
import Testing
import Zoo

@testable import Engine

/// What bfloat16 computes: against PyTorch with rounded factors and with autocast (`Goldens/precision.py`), and what it
/// changes against float32.
@Suite struct PrecisionTests {
  typealias Precision = ExecutionOptions.Precision

  /// What this processor can compute in bfloat16.
  static let bfloat16: [Precision] = Precision.supportsBFloat16 ? [.bfloat16, .emulatedBFloat16] : [.emulatedBFloat16]

  private static func network(_ graph: Graph, _ precision: Precision) throws -> Network {
    try Network(graph, options: ExecutionOptions(threads: 2, precision: precision, seed: 11))
  }

  // MARK: PyTorch

  struct Recorded: Decodable {
    struct Pass: Decodable {
      let loss: Double
      let logits: [Double]
      let gradients: [String: [Double]]
    }

    let plain, rounded, autocast: Pass

    static func load() throws -> Recorded {
      let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
      return try JSONDecoder().decode(
        Recorded.self, from: Data(contentsOf: folder.appending(path: "Goldens/precision.json")))
    }
  }

  private static let recordedGraph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 4, kernel: 3, padding: 1), ReLU(), Conv2d(4, 8, kernel: 3, stride: 2, padding: 1), ReLU(),
      Conv2d(8, 8, kernel: 3, padding: 1, groups: 2, bias: false), Flatten(), Linear(32, 5),
    ]))

  /// The script's formula.
  private static func numbers(_ shape: Shape, seed: Int, scale: Double) -> Tensor {
    Tensor(
      (0..<shape.count).map { Float(scale * (Double(($0 * 7919 + seed * 104_729) % 10007) / 10007 - 0.5)) },
      shape: shape)
  }

  private static func pass(_ precision: Precision) throws -> Recorded.Pass {
    let network = try network(recordedGraph, precision)
    var state = StateDict()
    for (index, parameter) in recordedGraph.parameters.enumerated() {
      state[parameter.name] = numbers(parameter.shape, seed: index + 1, scale: 0.8)
    }
    try network.load(state)
    let images = numbers([4, 3, 4, 4], seed: 0, scale: 4)
    let (result, gradients) = try network.trainingProgram(batchSize: 4, inputSize: 4).gradients(
      images: images, labels: [0, 3, 1, 4], step: 0)
    let logits = try network.inferenceProgram(batchSize: 4, inputSize: 4).logits(images: images)
    return Recorded.Pass(
      loss: result.loss, logits: logits.elements(as: Float.self).map(Double.init),
      gradients: Dictionary(
        uniqueKeysWithValues: gradients.map { ($0.0, $0.1.elements(as: Float.self).map(Double.init)) }))
  }

  /// The largest difference of each tensor, over the largest magnitude in it.
  private static func differences(_ found: Recorded.Pass, _ expected: Recorded.Pass) -> [String: Double] {
    func difference(_ left: [Double], _ right: [Double]) -> Double {
      guard left.count == right.count else { return .infinity }
      let scale = right.reduce(0) { max($0, abs($1)) }
      return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
    }
    var differences = expected.gradients.mapValues { _ in Double.infinity }
    for (name, gradient) in found.gradients {
      differences[name] = difference(gradient, expected.gradients[name] ?? [])
    }
    differences["logits"] = difference(found.logits, expected.logits)
    return differences
  }

  /// A factor that is not rounded, or something else that is, makes a difference of about 5e-3.
  @Test(arguments: bfloat16) func roundsTheFactorsOfProductsAndNothingElse(precision: Precision) throws {
    let (recorded, found) = (try Recorded.load(), try Self.pass(precision))
    for (name, difference) in Self.differences(found, recorded.rounded) {
      #expect(difference <= 2e-5, "\(name)")
    }
    #expect(abs(found.loss - recorded.rounded.loss) <= 1e-5)
    #expect(Self.differences(found, recorded.plain).values.allSatisfy { $0 > 1e-3 })
  }

  /// PyTorch rounds results as well.
  @Test(arguments: bfloat16) func isAsNearToAutocastAsThatIsToFloat64(precision: Precision) throws {
    let (recorded, found) = (try Recorded.load(), try Self.pass(precision))
    let usual = Self.differences(recorded.autocast, recorded.plain)
    for (name, difference) in Self.differences(found, recorded.autocast) {
      #expect(difference <= 0.02 || difference <= 1.5 * (usual[name] ?? 0), "\(name)")
    }
    #expect(abs(found.loss - recorded.autocast.loss) <= 0.01)
  }

  @Test func float32RoundsNothing() throws {
    let differences = Self.differences(try Self.pass(.float32), try Recorded.load().plain)
    #expect(differences.values.allSatisfy { $0 <= 2e-5 })
  }

  // MARK: Drift

  /// Convolutions that Winograd's algorithm and our kernels would take, batch normalisation, a residual and a dropout.
  private static let graph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16), ReLU(), MaxPool2d(2),
      Residual(Sequential([Conv2d(16, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16)])), Flatten(),
      Dropout(0.3), Linear(16 * 64, 10),
    ]))

  private static let labels: [Int32] = [0, 3, 4, 9, 1, 3]

  private static func images(_ seed: UInt64 = 1) -> Tensor {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    return Tensor((0..<6 * 3 * 256).map { _ in Float(random.normal()) }, shape: [6, 3, 16, 16])
  }

  private static func loaded(_ precision: Precision) throws -> Network {
    let network = try network(graph, precision)
    try network.load(graph.initialState(seed: 4))
    return network
  }

  /// Nothing in it decides by the sign or the order of numbers.
  private static let smoothGraph = Graph(
    inputChannels: 3,
    Sequential([
      Conv2d(3, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16), AvgPool2d(2),
      Conv2d(16, 16, kernel: 3, padding: 1, bias: false), BatchNorm2d(16), Flatten(), Linear(16 * 64, 10),
    ]))

  /// The relative error of each parameter's gradient, in the Euclidean norm: of the size of bfloat16's rounding, 2⁻⁹, and
  /// not smaller, as it would be if nothing were rounded. Where a ReLU or a maximum decides otherwise for a share p of the
  /// activations, it is √p, which is larger.
  @Test(arguments: bfloat16, [true, false])
  func gradientsAreOffByARounding(precision: Precision, isSmooth: Bool) throws {
    let graph = isSmooth ? Self.smoothGraph : Self.graph
    func gradients(_ precision: Precision) throws -> StateDict {
      let network = try Self.network(graph, precision)
      try network.load(graph.initialState(seed: 4))
      return try network.trainingProgram(batchSize: 6, inputSize: 16).gradients(
        images: Self.images(), labels: Self.labels, step: 0
      ).gradients
    }
    let (exact, found) = (try gradients(.float32), try gradients(precision))
    for (name, tensor) in exact {
      let pairs = zip(tensor.elements(as: Float.self), try #require(found[name]).elements(as: Float.self))
      let (error, size) = pairs.reduce((0.0, 0.0)) { sums, pair in
        let (difference, value) = (Double(pair.0 - pair.1), Double(pair.0))
        return (sums.0 + difference * difference, sums.1 + value * value)
      }
      let relative = (error / size).squareRoot()
      #expect(relative > 5e-4 && relative < (isSmooth ? 0.01 : 0.1), "\(name): \(relative)")
    }
  }

  /// Inference folds the normalisation into weights first and rounds them then.
  @Test(arguments: bfloat16) func foldedNormalisationIsRoundedOnce(precision: Precision) throws {
    func logits(_ precision: Precision) throws -> [Float] {
      let network = try Self.loaded(precision)
      return try network.inferenceProgram(batchSize: 6, inputSize: 16).logits(images: Self.images()).elements(
        as: Float.self)
    }
    let (exact, found) = (try logits(.float32), try logits(precision))
    let scale = exact.reduce(0) { max($0, abs($1)) }
    let difference = zip(exact, found).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
    #expect(difference > 1e-4 && difference < 0.02)
  }

  // MARK: Master weights

  /// A parameter moves by less than a bfloat16 could, and the network sees the sum of many such steps.
  @Test(arguments: bfloat16) func smallStepsAddUp(precision: Precision) throws {
    let graph = Graph(inputChannels: 1, Sequential([Flatten(), Linear(2, 2, bias: false)]))
    let network = try Self.network(graph, precision)
    var state = StateDict()
    state["1.weight"] = Tensor([1, 1, 1, 1] as [Float], shape: [2, 2])
    try network.load(state)
    let program = try network.trainingProgram(batchSize: 1, inputSize: Pair(1, 2))
    let inference = try network.inferenceProgram(batchSize: 1, inputSize: Pair(1, 2))
    let image = Tensor([1, 0] as [Float], shape: [1, 1, 1, 2])
    var (weights, logits): ([Float], [Float]) = ([], [])
    for step in 1...8 {
      // The gradient is about ½, so each step is about 2⁻¹⁰, and the bfloat16 after 1 is 1 + 2⁻⁷.
      _ = try program.step(
        images: image, labels: [0], update: Update(rule: .sgd(), learningRate: 0x1p-9, step: step), step: step)
      weights.append(try #require(try network.state()["1.weight"]).elements(as: Float.self)[0])
      logits.append(try inference.logits(images: image).elements(as: Float.self)[0])
    }
    #expect(zip(weights, weights.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Array(logits.prefix(3)) == [1, 1, 1], "the weight is rounded down")
    #expect(logits.last == 1 + 0x1p-7, "and the weight's copy renewed")
    #expect(weights[7] > 1.006 && weights[7] < 1 + 0x1p-7)
  }

  /// Copies of weights, kept sums and the optimizer's state are made of what is saved.
  @Test(arguments: bfloat16, [false, true])
  func savedAndLoadedIsNeverHavingStopped(precision: Precision, accumulates: Bool) throws {
    func train(_ network: Network, _ steps: Range<Int>) throws {
      let program = try network.trainingProgram(batchSize: 6, inputSize: 16)
      for step in steps {
        let updates = Updates(Update(rule: .adam(), learningRate: 0.01, step: step + 1))
        guard accumulates else {
          _ = try program.step(
            images: Self.images(UInt64(step)), labels: Self.labels, updates: updates, step: step)
          continue
        }
        var weight = 0.0
        for part in 0..<2 {
          weight += try program.accumulate(
            images: Self.images(UInt64(2 * step + part)), targets: .classes(Self.labels), loss: CrossEntropy(),
            step: step
          ).weight
        }
        _ = try network.update(updates, dividingBy: weight, clipping: .norm(1))
      }
    }
    let straight = try Self.loaded(precision)
    try train(straight, 0..<4)
    let before = try Self.loaded(precision)
    try train(before, 0..<2)
    let after = try Self.network(Self.graph, precision)
    try after.load(try before.state())
    try after.loadOptimizerState(try before.optimizerState())
    try train(after, 2..<4)
    let expected = try straight.state()
    for (name, tensor) in try after.state() { #expect(tensor.isIdentical(to: try #require(expected[name])), "\(name)") }
  }

  // MARK: What computes

  /// Kernels that multiply float32 numbers, or that would round elsewhere, are not used.
  @Test func onlyDirectProductsAreRounded() throws {
    var options = ExecutionOptions(threads: 2, precision: .emulatedBFloat16)
    options.algorithms = ["0": .winograd, "4.0": .winograd]
    let names = try Network(Self.graph, options: options).trainingProgram(batchSize: 6, inputSize: 16).implementations
    for kernel in ["wino", "first_conv", "zoo:linear"] {
      #expect(!names.contains { $0.name.contains(kernel) }, "\(kernel)")
    }
    // The images, weights aside, and the gradients: three layers forwards and three backwards, where nothing is rounded
    // twice for the same layout.
    #expect(names.count { $0.name == "zoo:bfloat16" } >= 6)
  }

  /// Without the instructions the whole way to oneDNN's refusal is walked; with them both kinds agree.
  @Test func whatTheProcessorLacksIsRefused() throws {
    guard !Precision.supportsBFloat16 else {
      let (native, emulated) = (try Self.pass(.bfloat16), try Self.pass(.emulatedBFloat16))
      #expect(Self.differences(native, emulated).values.allSatisfy { $0 <= 2e-5 })
      #expect(!(try BFloat16Trial()).implementations.contains { $0.name.contains("ref") })
      return
    }
    let reason = try #require(throws: EngineError.self) { try BFloat16Trial() }
    #expect(reason.code == .backend && reason.module == "0" && reason.message.contains("convolution forward"))
    let error = try #require(throws: EngineError.self) { try Self.network(Self.graph, .bfloat16) }
    #expect(error.code == .device)
    for part in [ExecutionOptions.platform, "AVX-512", "'--precision bf16-emulated'", "'--precision fp32'"] {
      #expect(error.message.contains(part), "\(part)")
    }
  }

  /// A search leaves every convolution direct, and says so.
  @Test func nothingIsSearchedAmongOne() throws {
    let search = try AlgorithmSearch(
      Self.graph, batchSize: 2, inputSize: 16, options: ExecutionOptions(threads: 2, precision: .emulatedBFloat16),
      steps: 1)
    #expect(search.algorithms.values.allSatisfy { $0 == .direct } && search.algorithms.count == 2)
    #expect(search.milliseconds == search.usualMilliseconds)
  }
}
