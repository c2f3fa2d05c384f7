/// Places buffers that are not alive at the same time at the same bytes.
struct MemoryPlan {
  /// A buffer: its size, and the first and last instruction that touch it.
  struct Buffer {
    let byteCount: Int
    var firstUse: Int
    var lastUse: Int
  }

  /// Where each buffer starts.
  let offsets: [Int]
  /// Bytes of the whole arena.
  let byteCount: Int

  /// Every buffer starts at a multiple of this: whole cache lines, and no two buffers in one.
  static let alignment = 128

  /// Largest first, each at the lowest place where no buffer lies that lives at the same time (greedy by size, as in
  /// Pisarchyk & Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
  init(_ buffers: [Buffer]) {
    let order = buffers.indices.sorted { left, right in
      (buffers[right].byteCount, left) < (buffers[left].byteCount, right)
    }
    var offsets = [Int](repeating: 0, count: buffers.count)
    var placed: [Int] = []
    var total = 0
    for index in order {
      let buffer = buffers[index]
      let size = Self.rounded(buffer.byteCount)
      var offset = 0
      // `placed` is kept in order of offset, so one pass finds the first gap.
      for other in placed {
        let neighbour = buffers[other]
        guard neighbour.firstUse <= buffer.lastUse, buffer.firstUse <= neighbour.lastUse else { continue }
        if offset + size <= offsets[other] { break }
        offset = max(offset, offsets[other] + Self.rounded(neighbour.byteCount))
      }
      offsets[index] = offset
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
      total = max(total, offset + size)
    }
    self.offsets = offsets
    byteCount = total
  }

  private static func rounded(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}
