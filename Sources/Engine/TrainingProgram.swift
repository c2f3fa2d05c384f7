import Layers
public import Tensors

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
  ///   - targets: What the logits of each image are to become.
  ///   - loss: How far they are from it.
  ///   - updates: What the optimizer does with each group of parameters.
  ///   - step: The global step, from 0: dropout masks are a function of (seed, step, layer).
  /// - Throws: ``EngineError`` for images or targets that do not fit.
  public func step(
    images: Tensor, targets: Targets, loss: CrossEntropy, updates: Updates, step: Int
  ) throws(EngineError) -> StepResult {
    try run(images, targets, loss, step) { context in context.updates = updates }
  }

  /// The same with the class of each image and one update for all parameters.
  /// - Parameters:
  ///   - labels: N class indices.
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in 0..<1.
  public func step(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, update: Update, step: Int
  ) throws(EngineError) -> StepResult {
    try self.step(images: images, labels: labels, labelSmoothing: labelSmoothing, updates: Updates(update), step: step)
  }

  /// The same with the class of each image.
  public func step(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, updates: Updates, step: Int
  ) throws(EngineError) -> StepResult {
    try self.step(
      images: images, targets: .classes(labels), loss: CrossEntropy(labelSmoothing: labelSmoothing), updates: updates,
      step: step)
  }

  /// The forward and the backward pass of a batch, whose gradients are added to those kept since the last update:
  /// ``Network/update(_:dividingBy:clipping:)`` makes the step. Running statistics of batch normalisation move with every
  /// batch.
  ///
  /// The gradients kept are those of the sums of losses, whatever ``CrossEntropy/reduction`` says, so that batches of
  /// different sizes add up to the gradient of one large batch.
  /// - Returns: What the batch was; when its loss is not finite, nothing was added.
  public func accumulate(
    images: Tensor, targets: Targets, loss: CrossEntropy, step: Int
  ) throws(EngineError) -> StepResult {
    var loss = loss
    loss.reduction = .sum
    let result = try run(images, targets, loss, step) { context in context.keeps = true }
    if result.loss.isFinite { store.keptBatches += 1 }
    return result
  }

  /// The gradient of the loss for every trainable parameter, without an update. Running statistics of batch
  /// normalisation move as in every forward pass of training.
  public func gradients(
    images: Tensor, targets: Targets, loss: CrossEntropy, step: Int
  ) throws(EngineError) -> (result: StepResult, gradients: StateDict) {
    var collected: [Int: Tensor] = [:]
    let store = store
    let result = try run(images, targets, loss, step) { context in
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

  /// The same with the class of each image.
  public func gradients(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, step: Int
  ) throws(EngineError) -> (result: StepResult, gradients: StateDict) {
    try gradients(
      images: images, targets: .classes(labels), loss: CrossEntropy(labelSmoothing: labelSmoothing), step: step)
  }

  /// The forward pass of training alone: running statistics of batch normalisation move, and nothing else changes.
  /// - Throws: ``EngineError`` for images that do not fit.
  package func observe(images: Tensor, step: Int) throws(EngineError) {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(
        images: start, targets: .classes([Int32](repeating: 0, count: batchSize)), step: step)
      try program.runForward(&context)
      guard context.result.loss.isFinite else {
        throw EngineError(.state, "the network's activations are not finite, so their statistics are none")
      }
      try program.runStatistics(&context)
    }
  }

  /// One step with a clock around every instruction; without an update a pass whose gradients are kept.
  package func profile(
    images: Tensor, labels: [Int32], update: Update?, step: Int
  ) throws(EngineError) -> [(Implementation, Duration)] {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(
        images: start, targets: .classes(labels), step: step, updates: update.map { Updates($0) })
      context.keeps = update == nil
      let passes = try program.profile(&context)
      if context.keeps { store.keptBatches += 1 }
      return passes
    }
  }

  private func run(
    _ images: Tensor, _ targets: Targets, _ loss: CrossEntropy, _ step: Int, configure: (inout StepContext) -> Void
  ) throws(EngineError) -> StepResult {
    try loss.check(targets, batch: batchSize, classes: program.classes)
    return try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start, targets: targets, loss: loss, step: step)
      configure(&context)
      try program.runForward(&context)
      if context.result.loss.isFinite { try program.runBackward(&context) }
      return context.result
    }
  }
}
