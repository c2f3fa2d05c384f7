public import Checkpoint
public import Engine
import Foundation
import Layers
import Tensors
public import Zoo

/// How fast a model trains or infers on synthetic images.
public struct SpeedTest {
  /// What is measured.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Forward, backward and SGD with momentum 0.9 and weight decay.
    case train
    /// Forward with batch normalisation folded in.
    case infer
  }

  /// What was measured.
  public struct Report: Sendable {
    /// Images per second, by the median step.
    public let imagesPerSecond: Double
    /// Milliseconds of each step, in order; warm-up steps are not among them.
    public let stepMilliseconds: [Double]
    /// Milliseconds of compiling the program.
    public let compileMilliseconds: Double
    /// The most memory that the process had at any time, in bytes (`VmHWM`); `nil` where the system does not say.
    public let peakMemoryByteCount: Int?
    /// What computes each layer.
    public let implementations: [Implementation]

    /// The median of the steps, in milliseconds.
    public var medianStep: Double { SpeedTest.median(stepMilliseconds) }
  }

  private let entry: ModelEntry
  let network: Network
  let images: Tensor
  let labels: [Int32]
  let inputSize: Pair

  /// Prepares a model with its initial weights and images of random numbers.
  /// - Parameters:
  ///   - entry: The model.
  ///   - classes: Their number; that of the arguments unless given.
  ///   - given: What the model is built with; its own for such images unless given.
  ///   - inputSize: Height and width of the images in pixels.
  ///   - batchSize: Images of a step.
  ///   - device: Where to compute.
  ///   - options: How to compute.
  /// - Throws: `ZooError` or `EngineError` when the model does not take such images or classes.
  public init(
    _ entry: ModelEntry, classes: Int? = nil, arguments given: ModelArguments? = nil, inputSize: Int? = nil,
    batchSize: Int, device: Device = .cpu,
    options: ExecutionOptions = ExecutionOptions()
  ) throws {
    self.entry = entry
    let size = inputSize ?? entry.inputSize
    var arguments = given ?? entry.arguments(inputSize: size)
    if let classes { arguments.numClasses = classes }
    let graph = try entry.build(arguments)
    self.inputSize = Pair(size)
    _ = try graph.shapes(input: [graph.inputChannels, size, size])
    network = try Network(graph, device: device, options: options)
    try network.load(graph.initialState(seed: options.seed))
    var random = RandomSource(seed: options.seed, purpose: .synthetic)
    let shape: Shape = [batchSize, graph.inputChannels, size, size]
    images = Tensor((0..<shape.count).map { _ in random.uniform() * 2 - 1 }, shape: shape)
    labels = (0..<batchSize).map { _ in Int32(random.integer(below: arguments.numClasses)) }
  }

  /// A snapshot such as training saves: parameters, buffers and the momentum of SGD.
  public func snapshot() throws -> Snapshot {
    var snapshot = Snapshot(net: try network.state())
    snapshot.architecture = entry.name
    let parameters = network.graph.parameters.filter { $0.role == .trainable }
    snapshot.optimizer = OptimizerSnapshot(
      kind: OptimizerSettings.Kind.sgd.rawValue, step: 1,
      groups: [.init(hyperparameters: ["lr": 0.01, "momentum": 0.9], parameters: parameters.map(\.name))],
      // The same numbers as the parameters: a disk that is not told so cannot know.
      state: Dictionary(
        uniqueKeysWithValues: parameters.map { parameter in
          (parameter.name, ["momentum_buffer": snapshot.net[parameter.name] ?? Tensor(zeros: parameter.shape)])
        }))
    return snapshot
  }

  /// Runs and times steps after some to warm up.
  /// - Parameter steps: How many are timed, at least 1.
  public func run(_ mode: Mode, steps: Int, warmup: Int = 3) throws -> Report {
    precondition(steps >= 1, "a speed test of \(steps) steps measures nothing")
    let clock = SecondsClock()
    let implementations: [Implementation]
    let step: (Int) throws -> Void
    switch mode {
    case .train:
      let program = try network.trainingProgram(batchSize: labels.count, inputSize: inputSize)
      implementations = program.implementations
      let rule = UpdateRule.sgd(momentum: 0.9, weightDecay: 1e-4)
      step = { [images, labels] index in
        _ = try program.step(
          images: images, labels: labels, update: Update(rule: rule, learningRate: 0.001, step: index + 1), step: index)
      }
    case .infer:
      let program = try network.inferenceProgram(batchSize: labels.count, inputSize: inputSize)
      implementations = program.implementations
      step = { [images] _ in _ = try program.logits(images: images) }
    }
    let compiled = clock.seconds
    for index in 0..<warmup { try step(index) }
    var milliseconds: [Double] = []
    for index in 0..<steps {
      let start = clock.seconds
      try step(warmup + index)
      milliseconds.append((clock.seconds - start) * 1000)
    }
    return Report(
      imagesPerSecond: Double(labels.count) / Self.median(milliseconds) * 1000, stepMilliseconds: milliseconds,
      compileMilliseconds: compiled * 1000, peakMemoryByteCount: Self.peakMemory(), implementations: implementations)
  }

  /// The middle value, or the mean of both; 0 of none.
  public static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : min(sorted[middle], last)
  }

  /// The largest resident size of this process so far: `VmHWM` of Linux, which unlike `getrusage` forgets the process
  /// that started this one.
  private static func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
