/// Turns the bytes of chunks in the file into elements.
struct ChunkDecoder {
  let chunks: H5Chunks
  let file: OpenFile
  /// The dataset, for errors.
  let object: String
  let isVerifying: Bool
  private let memory = Pool { ScratchMemory() }
  private let inflations = Pool { try Inflation() }

  init(chunks: H5Chunks, file: OpenFile, object: String, isVerifying: Bool) {
    self.chunks = chunks
    self.file = file
    self.object = object
    self.isVerifying = isVerifying
  }

  /// Reads all chunks into the bytes of a tensor, several at a time.
  func read(into bytes: UnsafeMutableRawBufferPointer) throws {
    if !chunks.isComplete { fill(bytes) }
    let grid = ChunkGrid(chunks)
    // Each thread fills its own chunks' elements.
    nonisolated(unsafe) let bytes = bytes
    try Parallel.forEach(chunks.chunks.count) { index in
      let chunk = chunks.chunks[index]
      if let range = grid.range(of: chunk.origin) {
        return try decode(chunk, into: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      }
      try withBuffer(chunks.byteCount) { buffer in
        try decode(chunk, into: buffer)
        grid.forEachPiece(of: chunk.origin) { from, to, count in
          let piece = UnsafeRawBufferPointer(rebasing: buffer[from..<from + count])
          UnsafeMutableRawBufferPointer(rebasing: bytes[to..<to + count]).copyMemory(from: piece)
        }
      }
    }
  }

  /// Decodes chunks that follow each other, several at a time, and calls `body` with what they hold.
  func stream(_ runs: ChunkRuns, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let size = chunks.byteCount
    let group = max(1, ChunkRuns.most / size)
    try withBuffer(min(group, runs.runs.count) * size) { buffer in
      // Each thread fills its own chunk.
      nonisolated(unsafe) let buffer = buffer
      for first in stride(from: 0, to: runs.runs.count, by: group) {
        let part = runs.runs[first..<min(first + group, runs.runs.count)]
        try Parallel.forEach(part.count) { index in
          let room = UnsafeMutableRawBufferPointer(rebasing: buffer[index * size..<(index + 1) * size])
          try decode(chunks.chunks[part[first + index].chunk], into: room)
        }
        for (index, run) in part.enumerated() {
          try body(UnsafeRawBufferPointer(rebasing: buffer[index * size..<index * size + run.byteCount]))
        }
      }
    }
  }

  private func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    guard !chunks.fill.isEmpty else {
      _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    for start in stride(from: 0, to: bytes.count, by: chunks.fill.count) {
      UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyBytes(from: chunks.fill)
    }
  }

  private func withBuffer<Result>(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result) throws
    -> Result
  {
    try memory.with { try body($0.bytes(count)) }
  }

  private func corruption(_ chunk: H5Chunk, _ what: String) -> CheckpointError {
    let place = "\(object) (bytes \(chunk.offset)..<\(chunk.offset + chunk.byteCount), \(what))"
    return CheckpointError(corrupt: [place], path: file.path)
  }

  /// Undoes the filters, the last of writing first.
  private func decode(_ chunk: H5Chunk, into output: UnsafeMutableRawBufferPointer) throws {
    let active = chunks.filters.enumerated().filter { chunk.skippedFilters >> UInt32($0.offset) & 1 == 0 }.map(
      \.element)
    if active.isEmpty {
      guard chunk.byteCount == output.count else { throw corruption(chunk, "a chunk of another size") }
      return try file.read(into: output, at: chunk.offset)
    }
    try withBuffer(chunk.byteCount) { stored in
      try file.read(into: stored, at: chunk.offset)
      try undo(active[...], chunk, UnsafeRawBufferPointer(stored), into: output)
    }
  }

  private func undo(
    _ filters: ArraySlice<H5Filter>, _ chunk: H5Chunk, _ input: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) throws {
    guard let last = filters.last else {
      guard input.count == output.count else { throw corruption(chunk, "a chunk of another size") }
      return output.copyMemory(from: input)
    }
    let rest = filters.dropLast()
    switch last {
    case .fletcher32:
      guard input.count >= 4 else { throw corruption(chunk, "a chunk without its checksum") }
      let body = UnsafeRawBufferPointer(rebasing: input.dropLast(4))
      if isVerifying {
        let expected = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: body.count, as: UInt32.self))
        let found = H5Checksum.fletcher32(body)
        // Old libraries wrote the bytes of both halves the other way round.
        let reversed = (found & 0x00FF_00FF) << 8 | (found & 0xFF00_FF00) >> 8
        guard expected == found || expected == reversed else { throw corruption(chunk, "fletcher32") }
      }
      try undo(rest, chunk, body, into: output)
    case .deflate:
      try unpack(chunk, rest, into: output, "deflate") { buffer in
        try inflations.with { $0.inflate(input, into: buffer) }
      }
    case .lzf: try unpack(chunk, rest, into: output, "lzf") { LZF.decompress(input, into: $0) }
    case .scaleOffset(let filter):
      try unpack(chunk, rest, into: output, "scale-offset") { filter.decode(input, into: $0) ? $0.count : nil }
    case .shuffle(let elementSize):
      if rest.isEmpty {
        guard input.count == output.count else { throw corruption(chunk, "a chunk of another size") }
        return Shuffle.unshuffle(input, elementSize: elementSize, into: output)
      }
      try withBuffer(input.count) { buffer in
        Shuffle.unshuffle(input, elementSize: elementSize, into: buffer)
        try undo(rest, chunk, UnsafeRawBufferPointer(buffer), into: output)
      }
    case .identity: try undo(rest, chunk, input, into: output)
    case .unknown(let name):
      throw CheckpointError(.unsupported, path: file.path, "\(object) is compressed with \(name)")
    }
  }

  /// Unpacks what a filter packed, and undoes those that came before it.
  private func unpack(
    _ chunk: H5Chunk, _ rest: ArraySlice<H5Filter>, into output: UnsafeMutableRawBufferPointer, _ name: String,
    _ body: (UnsafeMutableRawBufferPointer) throws -> Int?
  ) throws {
    if rest.isEmpty {
      guard try body(output) == output.count else { throw corruption(chunk, name) }
      return
    }
    // Before this filter a chunk has its full size, and what those before it add; packed twice, it may have less.
    let most = rest.reduce(output.count) { $0 + $1.mostAdded }
    try withBuffer(most) { buffer in
      guard let count = try body(buffer), count == most || rest.contains(where: \.isPacking) else {
        throw corruption(chunk, name)
      }
      try undo(rest, chunk, UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: output)
    }
  }
}
