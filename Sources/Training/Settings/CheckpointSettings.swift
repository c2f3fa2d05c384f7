/// Which checkpoints a run keeps, beside `last`.
public struct CheckpointSettings: Sendable, Hashable, Codable {
  /// Which metric decides about `best` and about the best few.
  public var bestBy = WatchedMetric.top1
  /// How many of the best epochs are kept under their numbers; 0 for none.
  public var bestCount = 0
  /// The epochs between two that are kept under their numbers; none are when `nil`.
  public var everyEpochs: Int?
  /// The steps between two savings of `last` in mid-epoch; none but those by the clock when `nil`.
  public var everySteps: Int?

  /// `best` by top-1, and no epochs.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    bestBy = try values.decodeIfPresent(WatchedMetric.self, forKey: .bestBy) ?? .top1
    bestCount = try values.decodeIfPresent(Int.self, forKey: .bestCount) ?? 0
    everyEpochs = try values.decodeIfPresent(Int.self, forKey: .everyEpochs)
    everySteps = try values.decodeIfPresent(Int.self, forKey: .everySteps)
  }

  /// What is wrong, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if !(0...1000).contains(bestCount) {
      problems.append("the \(bestCount) best epochs are to be kept; it must be in 0...1000")
    }
    if let everyEpochs, everyEpochs < 1 {
      problems.append("a checkpoint is to be kept every \(everyEpochs) epochs; it must be at least 1")
    }
    if let everySteps, everySteps < 1 {
      problems.append("a checkpoint is to be saved every \(everySteps) steps; it must be at least 1")
    }
    return problems
  }

  /// Whether an epoch is kept whatever it measures.
  func keeps(epoch: Int) -> Bool { everyEpochs.map { epoch % $0 == 0 } ?? false }
}
