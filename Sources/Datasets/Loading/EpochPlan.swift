import Tensors

/// Which samples an epoch shows in which batch, and how one of them is made: all that does not change while it runs.
struct EpochPlan: Sendable {
  /// So many images in a row may be corrupt before replacing them is given up.
  private static let mostReplacements = 1000

  let loader: DataLoader
  private let epoch: Int
  private let order: SampleOrder.Epoch

  init(_ loader: DataLoader, epoch: Int) {
    self.loader = loader
    self.epoch = epoch
    order = loader.order.epoch(epoch)
  }

  /// The positions in the epoch that a batch takes.
  func positions(of batch: Int) -> Range<Int> {
    let start = batch * loader.options.batchSize
    return start..<min(start + loader.options.batchSize, loader.sampleCount)
  }

  /// How the images of a batch are mixed, which is the same whoever makes them.
  func mixture(of batch: Int) -> Mixture? {
    var random = RandomSource(
      seed: loader.options.seed, purpose: .mixing, first: UInt64(epoch), second: UInt64(batch))
    return loader.options.mixing.mixture(size: loader.preprocessing.outputSize, &random)
  }

  /// What became of one place in a batch.
  enum Outcome: Sendable {
    case filled(index: Int, skipped: [SkippedSample])
    case leftOut(SkippedSample)
    case failed(DatasetsError)
  }

  /// Makes the sample at a position of the epoch.
  func make(
    position: Int, with processor: inout SampleProcessor, into target: UnsafeMutablePointer<Float>
  ) -> Outcome {
    let dataset = loader.dataset
    let wanted = order.sample(at: position)
    // A stand-in is augmented as the place it fills, so that it differs from its own showing in the same epoch.
    let random = RandomSource(
      seed: loader.options.seed, purpose: .augmentation, first: UInt64(epoch), second: order.augmentation(at: position))
    var skipped: [SkippedSample] = []
    var index = wanted
    while true {
      do throws(DatasetsError) {
        try processor.process(index, of: dataset, random: random, into: target)
        return .filled(index: index, skipped: skipped)
      } catch {
        guard error.concernsOneImage else { return .failed(error) }
        let sample = SkippedSample(index: index, error: error)
        switch loader.options.corruptImages {
        case .fail: return .failed(error)
        case .leaveOut: return .leftOut(sample)
        case .replace:
          skipped.append(sample)
          index = (index + 1) % dataset.count
          guard skipped.count < min(Self.mostReplacements, dataset.count) else {
            return .failed(
              DatasetsError(
                error.code, at: error.location,
                "\(error.message); this and the \(skipped.count - 1) images before it are all corrupt"))
          }
        }
      }
    }
  }
}
