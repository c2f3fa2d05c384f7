/// Where the elements of a chunk belong in a tensor.
struct ChunkGrid {
  private let extents: [Int]
  private let chunkExtents: [Int]
  private let elementSize: Int
  /// From this axis on, a chunk is as wide as the tensor: its elements lie side by side there.
  private let wholeFrom: Int

  init(_ chunks: H5Chunks) {
    extents = chunks.extents
    chunkExtents = chunks.chunkExtents
    elementSize = chunks.elementSize
    var axis = extents.count
    while axis > 0, extents[axis - 1] == chunkExtents[axis - 1] { axis -= 1 }
    wholeFrom = axis
  }

  /// Whether all that a chunk holds of the tensor lies in one piece in both: all axes before the last that is cut are of one
  /// element.
  var chunksAreRuns: Bool { chunkExtents.prefix(max(wholeFrom - 1, 0)).allSatisfy { $0 == 1 } }

  /// The bytes of the tensor that such a chunk holds: its first ones. What is outside of the tensor is left out.
  func run(of origin: [Int]) -> Range<Int> {
    let start = zip(origin, extents).reduce(0) { $0 * $1.1 + $1.0 } * elementSize
    return start..<start
      + zip(origin, zip(chunkExtents, extents)).reduce(elementSize) { $0 * min($1.1.0, $1.1.1 - $1.0) }
  }

  /// The bytes of the tensor that a chunk is, when they lie in one piece and none of the chunk lies outside.
  func range(of origin: [Int]) -> Range<Int>? {
    guard chunksAreRuns, zip(origin, zip(chunkExtents, extents)).allSatisfy({ $0 + $1.0 <= $1.1 }) else { return nil }
    return run(of: origin)
  }

  /// Calls `body` for each piece that lies side by side in both: where it is in the chunk, where in the tensor, and its
  /// bytes. What of the chunk lies outside of the tensor is left out.
  func forEachPiece(of origin: [Int], _ body: (_ chunk: Int, _ tensor: Int, _ count: Int) -> Void) {
    let used = zip(origin, zip(chunkExtents, extents)).map { min($1.0, $1.1 - $0) }
    // The innermost axis of a piece, and how many axes are walked over.
    let walked = max(wholeFrom - 1, 0)
    let count = used[walked...].reduce(elementSize, *)
    var (chunkStrides, tensorStrides) = ([Int](repeating: elementSize, count: extents.count), [Int]())
    tensorStrides = chunkStrides
    for axis in extents.indices.dropLast().reversed() {
      chunkStrides[axis] = chunkStrides[axis + 1] * chunkExtents[axis + 1]
      tensorStrides[axis] = tensorStrides[axis + 1] * extents[axis + 1]
    }
    var position = [Int](repeating: 0, count: walked)
    let base = zip(origin, tensorStrides).reduce(0) { $0 + $1.0 * $1.1 }
    while true {
      let chunk = zip(position, chunkStrides).reduce(0) { $0 + $1.0 * $1.1 }
      let tensor = zip(position, tensorStrides).reduce(base) { $0 + $1.0 * $1.1 }
      body(chunk, tensor, count)
      var axis = walked - 1
      while axis >= 0 {
        position[axis] += 1
        if position[axis] < used[axis] { break }
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
