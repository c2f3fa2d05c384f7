/// How the arrays that index chunks count them: in row-major order, over all that the dataset may ever grow to
/// (specification, VII).
struct H5ChunkNumbers {
  private let chunkExtents: [Int]
  /// The axes from the outermost in. The one that grows without end is the first: its count is never needed.
  private let axes: [Int]
  /// The number of chunks along each of ``axes``; that of the first is not used for counting.
  private let counts: [Int?]

  /// Numbers for a dataset.
  /// - Parameters:
  ///   - most: How far each extent may grow (`nil` without end).
  ///   - chunkExtents: The extents of a chunk, each positive.
  init(most: [Int?], chunkExtents: [Int]) {
    self.chunkExtents = chunkExtents
    let growing = most.firstIndex { $0 == nil }
    axes = (growing.map { [$0] } ?? []) + most.indices.filter { $0 != growing }
    counts = axes.map { axis in most[axis].map { Self.count($0, chunkExtents[axis]) } }
  }

  private static func count(_ extent: Int, _ chunk: Int) -> Int { extent / chunk + (extent % chunk > 0 ? 1 : 0) }

  /// How many chunks there may ever be; `nil` when without end, or beyond all numbers.
  var total: Int? {
    var total = 1
    for count in counts {
      guard let count else { return nil }
      let (product, overflow) = total.multipliedReportingOverflow(by: count)
      if overflow { return nil }
      total = product
    }
    return total
  }

  /// The place of the first element of the chunk with a number; `nil` when there is no such chunk.
  func origin(_ number: Int) -> [Int]? {
    var rest = number
    var origin = chunkExtents.map { _ in 0 }
    for (axis, count) in zip(axes, counts).dropFirst().reversed() {
      guard let count, count > 0 else { return nil }
      origin[axis] = rest % count * chunkExtents[axis]
      rest /= count
    }
    guard let axis = axes.first else { return rest == 0 ? origin : nil }
    let (place, overflow) = rest.multipliedReportingOverflow(by: chunkExtents[axis])
    origin[axis] = place
    return overflow ? nil : origin
  }

  /// The number of the chunk at a place in units of chunks; `nil` beyond all numbers.
  func number(_ place: [Int]) -> Int? {
    var number = 0
    for (axis, count) in zip(axes, counts) {
      let (product, overflow) = number.multipliedReportingOverflow(by: count ?? 1)
      if overflow { return nil }
      let (sum, overflowed) = product.addingReportingOverflow(place[axis])
      if overflowed { return nil }
      number = sum
    }
    return number
  }
}
