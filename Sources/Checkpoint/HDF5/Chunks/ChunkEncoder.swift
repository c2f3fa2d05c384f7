import Tensors

/// Makes compressed chunks of a tensor: shuffled and deflated, as stock HDF5 reads them.
struct ChunkEncoder {
  /// A chunk, ready to be written. Its bytes are valid during the call that it is given to.
  struct Chunk {
    /// The place of its first element in the tensor.
    let origin: [Int]
    let bytes: UnsafeRawBufferPointer
    /// A bit for each filter that was left out.
    let skippedFilters: UInt32
  }

  /// A tensor of less is not worth compressing.
  private static let smallest = 16 << 10
  /// The bytes of a chunk: enough for Deflate, and little enough for a cache.
  private static let size = 1 << 20
  /// So many chunks are compressed while so many others are written.
  private static let batch = 8

  let extents: [Int]
  let chunkExtents: [Int]
  let elementSize: Int
  private let tools: Tools

  /// What one tensor after the other is compressed with.
  struct Tools: Sendable {
    fileprivate let compressors: Pool<PlaneCompressor>
    fileprivate let memory = Pool { ScratchMemory() }

    /// - Parameter level: From 1, fast, to 12, small.
    init(level: Int) { compressors = Pool { try PlaneCompressor(level: level) } }
  }

  /// Makes chunks of these extents.
  init(extents: [Int], chunkExtents: [Int], elementSize: Int, tools: Tools) {
    self.extents = extents
    self.chunkExtents = chunkExtents
    self.elementSize = elementSize
    self.tools = tools
  }

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

  /// The bytes of the tensor that chunks hold, which follow each other.
  func range(of chunks: Range<Int>) -> Range<Int> {
    start(origin(chunks.lowerBound))..<end(origin(chunks.upperBound - 1))
  }

  /// Compresses chunks of a tensor, several at a time, and meanwhile calls `body` with those that were compressed before.
  /// - Parameters:
  ///   - batch: The chunks to compress; none at the end.
  ///   - bytes: The bytes of ``range(of:)``.
  ///   - before: What the last call gave.
  ///   - body: Called for one chunk after the other, in order.
  /// - Returns: What the next call takes.
  func encode(
    _ batch: Range<Int>, of bytes: UnsafeRawBufferPointer, writing before: [Encoded], _ body: (Chunk) throws -> Void
  ) throws -> [Encoded] {
    // The threads only look at them, as long as the call lasts.
    nonisolated(unsafe) let bytes = bytes
    let first = batch.isEmpty ? 0 : start(origin(batch.lowerBound))
    return try withoutActuallyEscaping(body) { body in
      // One item alone calls it.
      nonisolated(unsafe) let body = body
      return try Parallel.map(Array(-1..<batch.count), weight: { $0 < 0 ? 1 : 0 }) { _, index -> Encoded? in
        guard index >= 0 else {
          try write(before, body)
          return nil
        }
        let number = batch.lowerBound + index
        let origin = origin(number)
        let range = start(origin) - first..<end(origin) - first
        return try encode(number, UnsafeRawBufferPointer(rebasing: bytes[range]))
      }.compactMap(\.self)
    }
  }

  private func write(_ chunks: [Encoded], _ body: (Chunk) throws -> Void) throws {
    for chunk in chunks {
      let bytes = UnsafeRawBufferPointer(chunk.memory.bytes(chunk.count))
      try body(Chunk(origin: origin(chunk.number), bytes: bytes, skippedFilters: chunk.skippedFilters))
      tools.memory.give(chunk.memory)
    }
  }

  /// A compressed chunk in memory of the pool.
  struct Encoded: Sendable {
    fileprivate let number: Int
    fileprivate let memory: ScratchMemory
    fileprivate let count: Int
    fileprivate let skippedFilters: UInt32
  }

  /// The place of a chunk's first element.
  private func origin(_ number: Int) -> [Int] {
    var (rest, origin) = (number, [Int](repeating: 0, count: extents.count))
    for (axis, count) in grid.enumerated().reversed() {
      origin[axis] = rest % count * chunkExtents[axis]
      rest /= count
    }
    return origin
  }

  /// Where in the tensor's bytes a chunk begins.
  private func start(_ origin: [Int]) -> Int { zip(origin, extents).reduce(0) { $0 * $1.1 + $1.0 } * elementSize }

  /// Where it ends: only along the axis that is cut may it reach over the end, so that what it has lies in one piece.
  private func end(_ origin: [Int]) -> Int {
    start(origin) + zip(origin, zip(chunkExtents, extents)).reduce(elementSize) { $0 * min($1.1.0, $1.1.1 - $1.0) }
  }

  /// Compresses one chunk; what it has not, because it reaches over the end, is zero.
  private func encode(_ number: Int, _ inside: UnsafeRawBufferPointer) throws -> Encoded {
    let result = try tools.memory.take()
    return try tools.compressors.with { compressor in
      try tools.memory.with { scratch in
        let most = compressor.bound(byteCount, planeCount: elementSize)
        let shuffled = scratch.bytes(byteCount)
        let output = result.bytes(most)
        let plain = UnsafeMutableRawBufferPointer(rebasing: output[..<byteCount])
        if inside.count < byteCount {
          Self.pad(inside, into: plain)
          Shuffle.shuffle(UnsafeRawBufferPointer(plain), elementSize: elementSize, into: shuffled)
        } else {
          Shuffle.shuffle(inside, elementSize: elementSize, into: shuffled)
        }
        let count = compressor.compress(
          UnsafeRawBufferPointer(shuffled), planeCount: elementSize, into: output)
        if count < byteCount { return Encoded(number: number, memory: result, count: count, skippedFilters: 0) }
        // What cannot be made smaller stands as it is.
        Self.pad(inside, into: plain)
        return Encoded(number: number, memory: result, count: byteCount, skippedFilters: 0b11)
      }
    }
  }

  private static func pad(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
    output.copyMemory(from: bytes)
    _ = UnsafeMutableRawBufferPointer(rebasing: output[bytes.count...]).initializeMemory(as: UInt8.self, repeating: 0)
  }
}

/// Collects the bytes of a tensor, which come in pieces, for the chunks that are compressed together.
struct ChunkCollector {
  private let encoder: ChunkEncoder
  private var batches: ArraySlice<Range<Int>>
  private var bytes: [UInt8] = []
  /// Chunks that are to be written.
  private var encoded: [ChunkEncoder.Encoded] = []

  init(_ encoder: ChunkEncoder) {
    self.encoder = encoder
    batches = encoder.batches[...]
  }

  /// Takes in the next bytes of the tensor, and calls `body` with chunks that are complete.
  mutating func add(_ piece: UnsafeRawBufferPointer, _ body: (ChunkEncoder.Chunk) throws -> Void) throws {
    var rest = piece[...]
    while let batch = batches.first, !rest.isEmpty {
      let size = encoder.range(of: batch).count
      bytes.reserveCapacity(size)
      let part = rest.prefix(size - bytes.count)
      bytes.append(contentsOf: part)
      rest = rest.dropFirst(part.count)
      guard bytes.count == size else { return }
      encoded = try bytes.withUnsafeBytes { try encoder.encode(batch, of: $0, writing: encoded, body) }
      bytes.removeAll(keepingCapacity: true)
      batches = batches.dropFirst()
    }
  }

  /// Calls `body` with the last chunks.
  mutating func finish(_ body: (ChunkEncoder.Chunk) throws -> Void) throws {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    encoded = try encoder.encode(0..<0, of: none, writing: encoded, body)
  }
}
