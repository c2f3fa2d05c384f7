import Foundation
import Tensors

/// Makes batches of a dataset: in random or dataset order, on any number of threads, always the same ones.
///
/// What a batch holds is a function of the dataset, the preprocessing, the seed, the epoch and its number alone: the
/// order comes from (seed, epoch), the random parameters of a sample from (seed, epoch, index). So the number of workers
/// changes nothing, and an epoch may start at any batch.
public final class DataLoader: Sendable {
  /// Where samples come from.
  public let dataset: any Dataset
  /// What is done to each image.
  public let preprocessing: Preprocessing
  /// How batches are made.
  public let options: Options
  /// The number of samples in an epoch: the dataset's, or this process's share of them.
  public let sampleCount: Int
  /// The number of batches in an epoch.
  public let batchCount: Int
  let order: SampleOrder
  let pool: BatchPool

  /// How batches are made.
  public struct Options: Sendable, Hashable {
    /// Samples per batch, at least 1.
    public var batchSize: Int
    /// Whether each epoch has its own random order; otherwise the dataset's.
    public var shuffle: Bool
    /// Draws as many samples as there are, some again and some not at all, each with the weight of its class here; the
    /// order is random then. `nil` shows each sample once.
    public var classWeights: [Double]?
    /// Which part of every epoch this process makes, of several that train together.
    public var share: SampleShare?
    /// The seed of order and augmentation.
    public var seed: UInt64
    /// Threads that make batches; 0 makes them in the thread that asks.
    public var workers: Int
    /// Batches that are made ahead of the one asked for, at least 1. Without workers there are none.
    public var prefetch: Int
    /// Whether a last batch that is not full is left out.
    public var dropLast: Bool
    /// What happens to an image that cannot be decoded.
    public var corruptImages: CorruptImagePolicy
    /// How the images of a batch are mixed.
    public var mixing = BatchMixing()

    /// Options; what is not given has the default of training on one machine.
    public init(
      batchSize: Int, shuffle: Bool = false, seed: UInt64 = 0, workers: Int = DataLoader.automaticWorkers,
      prefetch: Int = 2, dropLast: Bool = false, corruptImages: CorruptImagePolicy = .fail
    ) {
      self.batchSize = batchSize
      self.shuffle = shuffle
      self.seed = seed
      self.workers = workers
      self.prefetch = prefetch
      self.dropLast = dropLast
      self.corruptImages = corruptImages
    }
  }

  /// A loader. No image is read before the first epoch begins.
  /// - Throws: ``DatasetsError`` when the dataset is empty or an option makes no sense.
  public init(_ dataset: any Dataset, preprocessing: Preprocessing, options: Options) throws(DatasetsError) {
    guard options.batchSize >= 1 else {
      throw DatasetsError(.argument, "a batch of \(options.batchSize) images: the batch size is at least 1")
    }
    guard options.workers >= 0, options.workers <= 1024 else {
      throw DatasetsError(.argument, "\(options.workers) workers: there may be 0 (none) to 1024")
    }
    guard options.prefetch >= 1 else {
      throw DatasetsError(.argument, "\(options.prefetch) batches ahead: at least 1 is needed")
    }
    guard dataset.count > 0 else { throw DatasetsError(.empty, "the dataset has no samples") }
    order = try SampleOrder(dataset, options)
    sampleCount = order.count
    let batchSize = min(options.batchSize, sampleCount)
    let full = sampleCount / options.batchSize
    batchCount = options.dropLast || sampleCount % options.batchSize == 0 ? full : full + 1
    guard batchCount > 0 else {
      throw DatasetsError(
        .empty,
        "\(sampleCount) samples do not fill one batch of \(options.batchSize), and a part batch is to be dropped: "
          + "use smaller batches or keep the last one")
    }
    let size = preprocessing.outputSize
    let shape = Shape(checking: [batchSize, preprocessing.channels, size.height, size.width])
    guard let byteCount = shape?.byteCount(of: .float32) else {
      throw DatasetsError(.argument, "a batch of \(batchSize) images of \(size) does not fit any memory")
    }
    self.dataset = dataset
    self.preprocessing = preprocessing
    self.options = options
    pool = BatchPool(byteCount: byteCount, mostFree: options.prefetch + 1)
  }

  /// The batches of an epoch in order.
  /// - Parameters:
  ///   - epoch: From 0; it decides order and augmentation.
  ///   - batch: The number of the first batch wanted, up to ``batchCount``: what lies before costs nothing.
  /// - Throws: ``DatasetsError`` when there is no such batch or no thread could be started.
  public func epoch(_ epoch: Int, startingAt batch: Int = 0) throws(DatasetsError) -> EpochIterator {
    guard epoch >= 0, (0...batchCount).contains(batch) else {
      throw DatasetsError(
        .argument,
        "epoch \(epoch) cannot start at batch \(batch): it has \(batchCount) batches of \(options.batchSize); "
          + "were the data or the batch size changed?")
    }
    return try EpochIterator(EpochPlan(self, epoch: epoch), startingAt: batch)
  }

  /// The number of workers when nobody chose one: one per core, at most 4.
  ///
  /// On two cores that also compute, 1, 2 and 4 workers were measured, and too close together to tell one from another (a
  /// step of AlexNet on JPEG files took 1.04 to 1.10 of its time from memory).
  public static var automaticWorkers: Int { min(4, ProcessInfo.processInfo.activeProcessorCount) }
}

/// What a loader does about an image that cannot be decoded. A file that is missing or unreadable is always an error.
public enum CorruptImagePolicy: String, Sendable, Hashable, CaseIterable {
  /// The batch fails with an error that names the file.
  case fail
  /// The next image of the dataset that can be decoded stands in for it, so batches keep their size and number. In a
  /// folder dataset that is mostly one of the same class. For training.
  case replace
  /// The batch is smaller by it, and may be empty. For evaluation, where a stand-in would count twice.
  case leaveOut = "leave_out"
}
