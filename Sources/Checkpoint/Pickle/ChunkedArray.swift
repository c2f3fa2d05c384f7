/// An array that grows without moving what it holds: while a large array grows, there are two of it.
struct ChunkedArray<Element> {
  /// 4096 elements in each but the last.
  private var chunks: [[Element]] = []
  private(set) var count = 0

  private static var shift: Int { 12 }
  private static var size: Int { 1 << shift }

  /// An empty array.
  init() {}

  /// So many of one element.
  init(repeating element: Element, count: Int) {
    let whole = [Element](repeating: element, count: Self.size)
    // All chunks are one until they are written.
    chunks = Array(repeating: whole, count: (count + Self.size - 1) >> Self.shift)
    self.count = count
  }

  mutating func append(_ element: Element) {
    if count & (Self.size - 1) == 0 {
      chunks.append([])
      chunks[chunks.count - 1].reserveCapacity(Self.size)
    }
    chunks[chunks.count - 1].append(element)
    count += 1
  }

  subscript(index: Int) -> Element {
    get { chunks[index >> Self.shift][index & (Self.size - 1)] }
    _modify { yield &chunks[index >> Self.shift][index & (Self.size - 1)] }
  }
}
