import Layers
public import Tensors

/// What one training step saw, computed before the update.
public struct StepResult: Sendable, Hashable {
  /// The mean cross entropy over the batch; not finite when training has diverged, and then nothing was updated.
  public let loss: Double
  /// How many images had their label as the largest logit.
  public let correct: Int
}

/// Forward, loss, backward and update for one batch size.
public final class TrainingProgram {
  private let program: CompiledProgram
  private let store: ParameterStore
  private let graph: Graph

  init(_ program: CompiledProgram, _ store: ParameterStore, _ graph: Graph) {
    self.program = program
    self.store = store
    self.graph = graph
  }

  /// The images of a batch.
  public var batchSize: Int { program.batch }

  /// Bytes that the program needs beside parameters and optimizer state. Programs of one network share most of them.
  public var memoryByteCount: Int { program.memoryByteCount }

  /// What computes each layer, in order of execution.
  public var implementations: [Implementation] { program.implementations }

  /// One step of training.
  /// - Parameters:
  ///   - images: [N, C, H, W], float32, N = ``batchSize``.
  ///   - labels: N class indices.
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in 0..<1.
  ///   - update: What the optimizer does.
  ///   - step: The global step, from 0: dropout masks are a function of (seed, step, layer).
  /// - Throws: ``EngineError`` for images or labels that do not fit.
  public func step(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, update: Update, step: Int
  ) throws(EngineError) -> StepResult {
    try self.step(images: images, labels: labels, labelSmoothing: labelSmoothing, updates: Updates(update), step: step)
  }

  /// One step of training with parameters in groups.
  /// - Parameters:
  ///   - images: [N, C, H, W], float32, N = ``batchSize``.
  ///   - labels: N class indices.
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in 0..<1.
  ///   - updates: What the optimizer does with each group.
  ///   - step: The global step, from 0: dropout masks are a function of (seed, step, layer).
  /// - Throws: ``EngineError`` for images or labels that do not fit.
  public func step(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, updates: Updates, step: Int
  ) throws(EngineError) -> StepResult {
    try run(images, labels, labelSmoothing, step) { context in context.updates = updates }
  }

  /// The gradient of the mean loss for every trainable parameter, without an update. Running statistics of batch
  /// normalisation move as in every forward pass of training.
  public func gradients(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, step: Int
  ) throws(EngineError) -> (result: StepResult, gradients: StateDict) {
    var collected: [Int: Tensor] = [:]
    let store = store
    let result = try run(images, labels, labelSmoothing, step) { context in
      context.collect = { parameter, gradient throws(EngineError) in
        collected[parameter] = try store.plainCopy(of: gradient, like: parameter)
      }
    }
    var gradients = StateDict()
    for (index, parameter) in graph.parameters.enumerated() where parameter.role == .trainable {
      gradients[parameter.name] = collected[index] ?? Tensor(zeros: parameter.shape)
    }
    return (result, gradients)
  }

  /// The forward pass of training alone: running statistics of batch normalisation move, and nothing else changes.
  /// - Throws: ``EngineError`` for images that do not fit.
  package func observe(images: Tensor, step: Int) throws(EngineError) {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start, labels: [Int32](repeating: 0, count: batchSize), step: step)
      try program.runForward(&context)
      guard context.result.loss.isFinite else {
        throw EngineError(.state, "the network's activations are not finite, so their statistics are none")
      }
      try program.runStatistics(&context)
    }
  }

  /// One step with a clock around every instruction.
  package func profile(
    images: Tensor, labels: [Int32], update: Update, step: Int
  ) throws(EngineError) -> [(Implementation, Duration)] {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start, labels: labels, step: step, updates: Updates(update))
      return try program.profile(&context)
    }
  }

  private func run(
    _ images: Tensor, _ labels: [Int32], _ labelSmoothing: Double, _ step: Int, configure: (inout StepContext) -> Void
  ) throws(EngineError) -> StepResult {
    try check(labels, labelSmoothing)
    return try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start, labels: labels, labelSmoothing: labelSmoothing, step: step)
      configure(&context)
      try program.runForward(&context)
      if context.result.loss.isFinite { try program.runBackward(&context) }
      return context.result
    }
  }

  private func check(_ labels: [Int32], _ labelSmoothing: Double) throws(EngineError) {
    guard labels.count == batchSize else {
      throw EngineError(.shape, "\(labels.count) labels do not fit a batch of \(batchSize) images")
    }
    let classes = program.classes
    for (index, label) in labels.enumerated() where label < 0 || Int(label) >= classes {
      throw EngineError(
        .shape, "label \(label) of image \(index) is no class: the network has classes 0 to \(classes - 1)")
    }
    guard labelSmoothing >= 0, labelSmoothing < 1 else {
      throw EngineError(.option, "label smoothing \(labelSmoothing) is not in 0..<1")
    }
  }
}
