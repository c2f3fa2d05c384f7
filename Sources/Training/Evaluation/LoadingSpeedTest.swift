import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// How fast images are read and prepared, and what that costs a training.
public struct LoadingSpeedTest {
  /// What was measured.
  public struct Report: Sendable {
    /// Milliseconds from one batch to the next, in order; those of warming up are not among them.
    public let batchMilliseconds: [Double]
    /// Milliseconds of a training step on one batch again and again, from memory; `nil` without a model.
    public let memoryMilliseconds: [Double]?

    /// The median batch.
    public var medianBatch: Double { SpeedTest.median(batchMilliseconds) }
  }

  private let loader: DataLoader
  private let settings: TrainingSettings
  private let network: Network?
  private let inputSize: Int

  /// Opens the data that settings name.
  /// - Parameters:
  ///   - settings: What images are read, how they are varied, in which batches, by how many threads.
  ///   - inputSize: Height and width of the prepared images.
  ///   - trains: Whether a step of the settings' model follows each batch.
  /// - Throws: An error that says what is wrong with settings, data or model.
  public init(_ settings: TrainingSettings, inputSize: Int, trains: Bool = false) throws {
    try settings.validate()
    let data = try TrainingData(settings, inputSize: inputSize, channels: 3)
    self.settings = settings
    self.inputSize = inputSize
    loader = try DataLoader(
      data.training, preprocessing: data.preprocessing.training,
      options: DataLoader.Options(
        batchSize: settings.batchSize, shuffle: true, seed: settings.seed, workers: settings.workers, dropLast: true))
    guard trains else {
      network = nil
      return
    }
    let entry = try settings.entry()
    var arguments = entry.defaultArguments
    arguments.numClasses = data.classNames.count
    let graph = try entry.build(arguments)
    let network = try Network(
      graph, device: Device(parsing: settings.device),
      options: ExecutionOptions(threads: settings.threads, seed: settings.seed))
    try network.load(graph.initialState(seed: settings.seed))
    self.network = network
  }

  /// Reads batches, epoch after epoch, and times them; with a model, in turns with steps from memory.
  /// - Parameters:
  ///   - batches: How many are timed, at least 1.
  ///   - warmup: How many come before.
  public func run(batches: Int, warmup: Int = 4) throws -> Report {
    precondition(batches >= 1, "a speed test of \(batches) batches measures nothing")
    guard let network else {
      return Report(batchMilliseconds: try read(batches, warmup) { _ in }, memoryMilliseconds: nil)
    }
    let program = try network.trainingProgram(batchSize: settings.batchSize, inputSize: Pair(inputSize))
    let rule = UpdateRule.sgd(momentum: 0.9, weightDecay: 1e-4)
    var step = 0
    func train(_ batch: Batch) throws {
      step += 1
      _ = try program.step(
        images: batch.images, labels: batch.labels, update: Update(rule: rule, learningRate: 0.001, step: step),
        step: step)
    }
    // Memory, files, files, memory: a machine that becomes slower meanwhile slows both.
    guard let kept = try loader.epoch(0).next() else { return Report(batchMilliseconds: [], memoryMilliseconds: []) }
    var memory = try time(batches, warmup) { try train(kept) }
    let files = try read(batches * 2, warmup, train)
    memory += try time(batches, 0) { try train(kept) }
    return Report(batchMilliseconds: files, memoryMilliseconds: memory)
  }

  private func read(_ batches: Int, _ warmup: Int, _ body: (Batch) throws -> Void) throws -> [Double] {
    var epoch = 0
    var iterator = try loader.epoch(epoch)
    return try time(batches, warmup) {
      var batch = try iterator.next()
      if batch == nil {
        epoch += 1
        iterator = try loader.epoch(epoch)
        batch = try iterator.next()
      }
      if let batch { try body(batch) }
    }
  }

  private func time(_ count: Int, _ warmup: Int, _ body: () throws -> Void) rethrows -> [Double] {
    for _ in 0..<warmup { try body() }
    let clock = SecondsClock()
    var milliseconds: [Double] = []
    for _ in 0..<count {
      let start = clock.seconds
      try body()
      milliseconds.append((clock.seconds - start) * 1000)
    }
    return milliseconds
  }
}
