/// Divides tensors so that several can be worked on at once in bounded memory.
enum TensorBatches {
  /// What the tensors of a batch may take together; a larger one is alone.
  private static let most = 32 << 20

  /// The batches, in order. Tensors that are in memory anyway, or are had in pieces, count as nothing.
  static func of(_ sources: [TensorSource]) -> [Range<Int>] {
    of(byteCounts: sources.map { $0.isStreamed ? 0 : $0.byteCount })
  }

  /// The batches of tensors that take so many bytes each.
  static func of(byteCounts: [Int]) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var (start, byteCount) = (0, 0)
    for (index, count) in byteCounts.enumerated() {
      if byteCount > 0, count > most - min(byteCount, most) {
        batches.append(start..<index)
        (start, byteCount) = (index, 0)
      }
      byteCount += count
    }
    if start < byteCounts.count { batches.append(start..<byteCounts.count) }
    return batches
  }
}
