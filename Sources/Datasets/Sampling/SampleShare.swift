/// Which part of every epoch a process makes, of several that train together: PyTorch's `DistributedSampler`.
///
/// All processes draw the same order of the whole from the same seed; process `rank` takes every `worldSize`-th sample of
/// it, beginning at the `rank`-th. All get equally many: when the samples do not divide evenly, the first of the order are
/// shown again at the end, or the rest is left out.
public struct SampleShare: Sendable, Hashable, Codable {
  /// The number of this process, in 0..<worldSize.
  public let rank: Int
  /// How many processes there are, at least 1.
  public let worldSize: Int
  /// Whether a rest that does not divide evenly is left out; otherwise the first samples are shown again.
  public let dropsRest: Bool

  /// A share.
  /// - Throws: ``DatasetsError`` of code `argument` when there is no such process.
  public init(rank: Int, of worldSize: Int, dropsRest: Bool = false) throws(DatasetsError) {
    guard worldSize >= 1, (0..<worldSize).contains(rank) else {
      throw DatasetsError(
        .argument, "process \(rank) of \(worldSize); processes are numbered from 0, so the last is \(worldSize - 1)")
    }
    self.rank = rank
    self.worldSize = worldSize
    self.dropsRest = dropsRest
  }

  /// How many of `total` samples each process gets.
  func count(of total: Int) -> Int { dropsRest ? total / worldSize : (total + worldSize - 1) / worldSize }

  /// The place in the whole order, which has `total` samples, of this process's sample `position`.
  func place(of position: Int, total: Int) -> Int { (rank + position * worldSize) % total }
}
