import Tensors

/// Makes compressed chunks of a tensor: shuffled and deflated, as stock HDF5 reads them.
struct ChunkEncoder {
  /// A chunk, ready to be written.
  struct Chunk: Sendable {
    /// The place of its first element in the tensor.
    let origin: [Int]
    let bytes: [UInt8]
    /// A bit for each filter that was left out.
    let skippedFilters: UInt32
  }

  /// A tensor of less is not worth compressing.
  private static let smallest = 16 << 10
  /// The bytes of a chunk: enough for Deflate, and little enough for a cache.
  private static let size = 1 << 20
  /// So many chunks are in memory at once.
  private static let batch = 16

  let extents: [Int]
  let chunkExtents: [Int]
  let elementSize: Int
  let level: Int

  /// The extents of chunks for a tensor; `nil` for one that is not compressed.
  ///
  /// A chunk is one run of elements: the innermost axes are whole, the next is cut, and those before it are of one element.
  static func extents(for shape: Shape, elementSize: Int) -> [Int]? {
    guard shape.rank > 0, shape.count * elementSize >= smallest else { return nil }
    var chunk = [Int](repeating: 1, count: shape.rank)
    var bytes = elementSize
    for axis in shape.dimensions.indices.reversed() {
      chunk[axis] = max(1, min(shape[axis], size / bytes))
      if chunk[axis] < shape[axis] { break }
      bytes *= shape[axis]
    }
    return chunk
  }

  private var byteCount: Int { chunkExtents.reduce(elementSize, *) }

  /// The number of chunks along each axis.
  private var grid: [Int] { zip(extents, chunkExtents).map { ($0 + $1 - 1) / $1 } }

  /// The chunks, counted in row-major order, in groups that are worked on together.
  var batches: [Range<Int>] {
    let count = grid.reduce(1, *)
    return stride(from: 0, to: count, by: Self.batch).map { $0..<min($0 + Self.batch, count) }
  }

  /// Compresses chunks of a tensor, several at a time.
  func encode(_ batch: Range<Int>, of bytes: UnsafeRawBufferPointer) throws -> [Chunk] {
    let source = SharedBytes(bytes)
    return try Parallel.map(Array(batch), weight: { _ in 1 }) { _, number in try encode(number, of: source.bytes) }
  }

  /// Bytes that several threads look at, as long as the call lasts.
  private struct SharedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
  }

  private func encode(_ number: Int, of bytes: UnsafeRawBufferPointer) throws -> Chunk {
    var (rest, origin) = (number, [Int](repeating: 0, count: extents.count))
    for (axis, count) in grid.enumerated().reversed() {
      origin[axis] = rest % count * chunkExtents[axis]
      rest /= count
    }
    let start = zip(origin, extents).reduce(0) { $0 * $1.1 + $1.0 } * elementSize
    // Only along the axis that is cut may a chunk reach over the end: what it has lies in one piece.
    let used = zip(origin, zip(chunkExtents, extents)).reduce(elementSize) { $0 * min($1.1.0, $1.1.1 - $1.0) }
    let plain = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      let target = UnsafeMutableRawBufferPointer(buffer)
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + used]))
      for index in used..<byteCount { buffer[index] = 0 }
      initialized = byteCount
    }
    let shuffled = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      plain.withUnsafeBytes {
        Shuffle.shuffle($0, elementSize: elementSize, into: UnsafeMutableRawBufferPointer(buffer))
      }
      initialized = byteCount
    }
    let deflated = try shuffled.withUnsafeBytes { try Deflate.deflate($0, level: level) }
    if deflated.count > 0, deflated.count < byteCount {
      return Chunk(origin: origin, bytes: deflated, skippedFilters: 0)
    }
    // What cannot be made smaller stands as it is.
    return Chunk(origin: origin, bytes: plain, skippedFilters: 0b11)
  }
}
