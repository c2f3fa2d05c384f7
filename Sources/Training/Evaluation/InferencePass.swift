import Datasets
import Engine
import Layers
import Tensors

/// One pass of a network over a loader's images, the last batch too when it is not full.
struct InferencePass {
  let network: Network
  let loader: DataLoader
  /// What is looked at of each image.
  var views = TestTimeAugmentation.none
  /// Values that are wanted beside the logits; of one view only.
  var values: [Graph.Value] = []

  /// Calls `body` with every batch and its logits [N, classes].
  /// - Parameter shouldStop: Asked between two batches.
  /// - Returns: Whether all batches were done; `false` when `shouldStop` said so.
  func forEachBatch(
    stopWhen shouldStop: () -> Bool = { false }, _ body: (Batch, Tensor) throws -> Void
  ) throws -> Bool {
    try forEachBatch(stopWhen: shouldStop) { batch, logits, _ in try body(batch, logits) }
  }

  /// The same with ``values``, [N, ...] each.
  func forEachBatch(
    stopWhen shouldStop: () -> Bool = { false }, _ body: (Batch, Tensor, [Tensor]) throws -> Void
  ) throws -> Bool {
    let loaders = try views.loaders(like: loader)
    let iterators = try loaders.map { try $0.epoch(0) }
    defer { iterators.forEach { $0.cancel() } }
    let size = loader.preprocessing.outputSize
    while let batch = try iterators[0].next() {
      // The same images, cut out elsewhere.
      let others = try iterators.dropFirst().compactMap { try $0.next() }
      if shouldStop() { return false }
      // Corrupt images that were left out may leave nothing.
      guard batch.count > 0 else {
        try body(batch, Tensor(zeros: [0, 0]), [])
        continue
      }
      guard values.isEmpty else {
        let program = try network.featureProgram(
          batchSize: batch.count, inputSize: Pair(size.height, size.width), values: values)
        let (logits, found) = try program.run(images: batch.images)
        try body(batch, logits, found)
        continue
      }
      let program = try network.inferenceProgram(
        batchSize: batch.count, inputSize: Pair(size.height, size.width))
      try body(
        batch, try views.logits(of: [batch.images] + others.map(\.images)) { try program.logits(images: $0) }, [])
    }
    return true
  }

  /// Measures labelled images.
  /// - Parameters:
  ///   - shouldStop: Asked between two batches.
  ///   - onBatch: Told what the logits say about each image of a batch.
  ///   - onProgress: Called after every batch.
  /// - Returns: The metrics and the images that could not be decoded; `nil` when it was stopped.
  func measure(
    classCount: Int, stopWhen shouldStop: () -> Bool = { false },
    onBatch: (Batch, [ClassificationMetrics.Outcome]) -> Void = { _, _ in }, onProgress: (ValidationProgress) -> Void
  ) throws -> (metrics: ClassificationMetrics, skipped: [SkippedSample])? {
    var metrics = ClassificationMetrics(classCount: classCount)
    var skipped: [SkippedSample] = []
    let clock = SecondsClock()
    var throughput = Throughput(at: clock.seconds)
    let isComplete = try forEachBatch(stopWhen: shouldStop) { batch, logits in
      skipped += batch.skipped
      guard batch.count > 0 else { return }
      onBatch(batch, metrics.add(logits: logits, labels: batch.labels))
      throughput.add(images: batch.count, at: clock.seconds)
      onProgress(
        ValidationProgress(
          done: metrics.count + skipped.count, total: loader.dataset.count, top1: metrics.top1,
          imagesPerSecond: throughput.imagesPerSecond))
    }
    return isComplete ? (metrics, skipped) : nil
  }
}

/// Seconds since it was made, by a clock that never goes back.
struct SecondsClock {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  init() { start = clock.now }

  /// Seconds since the beginning.
  var seconds: Double {
    let (whole, atto) = start.duration(to: clock.now).components
    return Double(whole) + Double(atto) * 1e-18
  }
}
