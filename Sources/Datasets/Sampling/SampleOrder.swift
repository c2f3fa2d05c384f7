import Tensors

/// Which samples epochs show, in which order: a function of the dataset, the options and the epoch, so that an epoch can be
/// taken up anywhere and no worker matters.
struct SampleOrder: Sendable {
  /// Samples of an epoch, for this process.
  let count: Int
  private let dataset: any Dataset
  private let share: SampleShare?
  private let seed: UInt64
  private let shuffles: Bool
  private let draw: WeightedDraw?

  /// - Throws: ``DatasetsError`` when weights do not fit the dataset, or a share of it is empty.
  init(_ dataset: any Dataset, _ options: DataLoader.Options) throws(DatasetsError) {
    self.dataset = dataset
    share = options.share
    seed = options.seed
    shuffles = options.shuffle
    draw = try options.classWeights.map { (weights) throws(DatasetsError) in
      try WeightedDraw(dataset, classWeights: weights)
    }
    count = share?.count(of: dataset.count) ?? dataset.count
    guard count > 0 else {
      throw DatasetsError(
        .empty, "\(dataset.count) samples are too few for \(share?.worldSize ?? 1) processes without showing any again")
    }
  }

  /// The order of one epoch.
  struct Epoch: Sendable {
    /// Of the whole, for all processes; nil for the dataset's own.
    private let samples: [Int]?
    private let share: SampleShare?
    private let total: Int
    private let drawsAgain: Bool

    fileprivate init(samples: [Int]?, share: SampleShare?, total: Int, drawsAgain: Bool) {
      self.samples = samples
      self.share = share
      self.total = total
      self.drawsAgain = drawsAgain
    }

    private func place(_ position: Int) -> Int { share?.place(of: position, total: total) ?? position }

    /// The sample to show.
    func sample(at position: Int) -> Int { samples?[place(position)] ?? place(position) }

    /// What the augmentation of the sample is drawn from, beside the epoch: the sample, or, where one may be drawn several
    /// times, its place, so that it looks different each time.
    func augmentation(at position: Int) -> UInt64 { UInt64(drawsAgain ? place(position) : sample(at: position)) }
  }

  /// The order of an epoch.
  func epoch(_ epoch: Int) -> Epoch {
    var random = RandomSource(seed: seed, purpose: .shuffle, first: UInt64(epoch))
    let samples = draw?.samples(by: &random) ?? (shuffles ? dataset.shuffled(by: &random) : nil)
    return Epoch(samples: samples, share: share, total: dataset.count, drawsAgain: draw != nil)
  }
}
