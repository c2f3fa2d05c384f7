/// Divides tensors so that several can be worked on at once in bounded memory.
enum TensorBatches {
  /// What the tensors of a batch may take together; a larger one is alone.
  private static let most = 64 << 20

  /// The batches, in order. Tensors that are in memory anyway, or are had in pieces, count as nothing.
  static func of(_ sources: [TensorSource]) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var (start, byteCount) = (0, 0)
    for (index, source) in sources.enumerated() {
      let count = source.isStreamed ? 0 : source.byteCount
      if byteCount > 0, count > most - min(byteCount, most) {
        batches.append(start..<index)
        (start, byteCount) = (index, 0)
      }
      byteCount += count
    }
    if start < sources.count { batches.append(start..<sources.count) }
    return batches
  }
}
