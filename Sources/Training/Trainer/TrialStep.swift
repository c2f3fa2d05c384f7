import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// One step of a training, and one batch of its validation, that leave nothing behind: `--dry-run`.
public struct TrialStep {
  /// What would be trained.
  public let plan: TrainingPlan
  /// What the user should know.
  public let notices: [String]
  /// The mean loss of the first step's images before it.
  public let loss: Double
  /// Seconds of a second step on the same images, without reading them.
  public let secondsPerStep: Double
  /// The mean loss of the first batch of validation; `nil` without validation.
  public let validationLoss: Double?
  /// What the training takes.
  public let memory: TrainingMemory

  /// Makes the step. Reads the images of one batch, and writes no file.
  /// - Throws: What a training would throw before its second step.
  public init(_ settings: TrainingSettings) throws { try self.init(settings, entry: nil) }

  /// The same with a model that need not be the registry's.
  init(_ settings: TrainingSettings, entry: ModelEntry?) throws {
    let preparation = try Preparation(settings, entry: entry)
    let weights = try preparation.startingWeights()
    let network = try preparation.initialNetwork(weights)
    let iterator = try preparation.loader.epoch(0)
    defer { iterator.cancel() }
    guard let batch = try iterator.next() else { throw TrainingError(.mismatch, "the data has no batch") }
    let program = try network.trainingProgram(batchSize: batch.count, inputSize: Pair(preparation.inputSize))
    let targets = preparation.targets(of: batch)
    var result: StepResult?
    var seconds = 0.0
    for step in 0..<2 {
      let start = ContinuousClock.now
      let updates = preparation.groups.updates(
        learningRate: preparation.schedule.learningRate(atStep: 0), step: step + 1)
      let seen = try program.step(
        images: batch.images, targets: targets, loss: preparation.loss, updates: updates, step: step)
      guard seen.loss.isFinite else {
        throw TrainingError(
          .diverged, at: "step \(step + 1)", "the loss is \(Trainer.name(of: seen.loss)); train with a smaller --lr")
      }
      result = result ?? seen
      seconds = (ContinuousClock.now - start).seconds
    }
    plan = preparation.plan(TrainingState(), folder: "")
    notices =
      (weights?.notices(classNames: preparation.classNames) ?? []) + batch.skipped.map { "left out: \($0.error)" }
    loss = result.map { $0.lossSum / $0.weight } ?? .nan
    secondsPerStep = seconds
    memory = TrainingMemory(preparation, program)
    validationLoss = try preparation.validationLoader.flatMap { loader in
      try Self.validationLoss(network, loader, classes: preparation.classNames.count)
    }
  }

  private static func validationLoss(_ network: Network, _ loader: DataLoader, classes: Int) throws -> Double? {
    let iterator = try loader.epoch(0)
    defer { iterator.cancel() }
    guard let batch = try iterator.next() else { return nil }
    let size = Pair(batch.images.shape[2], batch.images.shape[3])
    let logits = try network.inferenceProgram(batchSize: batch.count, inputSize: size).logits(images: batch.images)
    var metrics = ClassificationMetrics(classCount: classes)
    metrics.add(logits: logits, labels: batch.labels)
    return metrics.loss
  }
}

/// Bytes that a training holds beside its program.
public struct TrainingMemory: Sendable, Hashable {
  /// Parameters and buffers.
  public let parameters: Int
  /// What the optimizer keeps for them.
  public let optimizer: Int
  /// Gradients, where they are kept, and the average of weights.
  public let gradientsAndAverage: Int
  /// Activations and what layers need to compute.
  public let activations: Int
  /// Images that are being made, computed on, and waiting.
  public let images: Int

  /// All of them.
  public var total: Int { parameters + optimizer + gradientsAndAverage + activations + images }

  init(_ preparation: Preparation, _ program: TrainingProgram) {
    let all = preparation.graph.parameters
    parameters = all.reduce(0) { $0 + $1.shape.count * $1.dtype.size }
    let learning = all.filter { $0.role == .trainable && !preparation.frozen.parameters.contains($0.name) }
      .reduce(0) { $0 + $1.shape.count * $1.dtype.size }
    let settings = preparation.settings
    optimizer = learning * settings.optimizer.rule.slots.count
    gradientsAndAverage =
      (settings.gradients.keepsGradients ? learning : 0) + (settings.average.decay == nil ? 0 : parameters)
    activations = program.memoryByteCount
    let preprocessing = preparation.loader.preprocessing
    let size = preprocessing.outputSize
    let batch = program.batchSize * preprocessing.channels * size.width * size.height * DType.float32.size
    images = batch * (preparation.loader.options.prefetch + 2)
  }
}

extension Duration {
  /// In seconds.
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
