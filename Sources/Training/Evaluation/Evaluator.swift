public import Datasets

/// Measures a trained model on labelled images.
public struct Evaluator {
  private let model: TrainedModel
  private let batchSize: Int
  private let workers: Int
  private let leavesOutCorruptImages: Bool
  private let views: TestTimeAugmentation
  private let worstCount: Int

  /// An evaluator.
  /// - Parameters:
  ///   - model: The network with the preprocessing and the class names of its checkpoint.
  ///   - batchSize: Images of a forward pass; it changes speed and memory only.
  ///   - workers: Threads that read images.
  ///   - leavesOutCorruptImages: Whether images that cannot be decoded are counted and left out, not an error.
  ///   - views: What is looked at of each image.
  ///   - worstCount: How many of the worst errors are named.
  public init(
    _ model: TrainedModel, batchSize: Int = 32, workers: Int = DataLoader.automaticWorkers,
    leavesOutCorruptImages: Bool = false, views: TestTimeAugmentation = .none, worstCount: Int = 0
  ) {
    self.model = model
    self.batchSize = batchSize
    self.workers = workers
    self.leavesOutCorruptImages = leavesOutCorruptImages
    self.views = views
    self.worstCount = worstCount
  }

  /// Measures every image of a dataset, whose classes are matched to the model's by name.
  /// - Throws: ``TrainingError`` or `DatasetsError` when the classes do not fit or an image cannot be read.
  public func evaluate(
    _ dataset: any Dataset, onProgress: (ValidationProgress) -> Void = { _ in }
  ) throws -> EvaluationReport {
    let clock = SecondsClock()
    let classNames = try model.classNames(for: dataset)
    let loader = try DataLoader(
      dataset.relabeled(to: classNames), preprocessing: model.preprocessing,
      options: DataLoader.Options(
        batchSize: batchSize, workers: workers, corruptImages: leavesOutCorruptImages ? .leaveOut : .fail))
    let pass = InferencePass(network: model.network, loader: loader, views: views)
    var worst = WorstErrors(limit: worstCount)
    let measured = try pass.measure(
      classCount: model.classCount, onBatch: { worst.add($0, $1, named: dataset.describe) }, onProgress: onProgress)
    guard let (metrics, skipped) = measured else {
      preconditionFailure("an evaluation that nobody stops is complete")
    }
    return EvaluationReport(
      metrics: metrics, classNames: classNames, skipped: skipped, worst: worst.errors,
      seconds: clock.seconds)
  }
}
