/// Chunks that are runs of elements, one behind the other, and together are the whole dataset.
struct ChunkRuns: Sendable {
  /// The chunks that are decoded at a time have no more bytes together, and none has alone.
  static let most = 8 << 20

  /// What a chunk adds to those before it.
  struct Run: Sendable {
    /// Which it is in ``H5Chunks/chunks``.
    let chunk: Int
    /// How many of its first bytes lie inside of the dataset.
    let byteCount: Int
  }

  let runs: [Run]

  /// `nil` for chunks that must be put together element by element, that are missing or lie over each other, and for large
  /// ones.
  init?(_ chunks: H5Chunks) {
    guard chunks.isComplete, chunks.byteCount > 0, chunks.byteCount <= Self.most else { return nil }
    let grid = ChunkGrid(chunks)
    guard grid.chunksAreRuns else { return nil }
    let places = chunks.chunks.enumerated().map { (index: $0.offset, range: grid.run(of: $0.element.origin)) }
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
    var (runs, end) = ([Run](), 0)
    runs.reserveCapacity(places.count)
    for place in places {
      guard place.range.lowerBound == end else { return nil }
      runs.append(Run(chunk: place.index, byteCount: place.range.count))
      end = place.range.upperBound
    }
    guard end == chunks.extents.reduce(chunks.elementSize, *) else { return nil }
    self.runs = runs
  }
}
