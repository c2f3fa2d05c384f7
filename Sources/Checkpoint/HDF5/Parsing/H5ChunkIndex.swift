/// Where one chunk stands in the file.
struct H5Chunk: Sendable, Hashable {
  /// The place of its first element in the dataset.
  let origin: [Int]
  let offset: Int
  let byteCount: Int
  /// A bit for each filter that was left out.
  let skippedFilters: UInt32

  /// The same chunk of an HDF5 file that is a part of another file.
  func moved(by start: Int) -> H5Chunk {
    H5Chunk(origin: origin, offset: offset + start, byteCount: byteCount, skippedFilters: skippedFilters)
  }
}

/// Finds the chunks of a dataset.
struct H5ChunkIndex {
  let source: H5Source
  let object: String
  /// The extents of the dataset and of a chunk.
  let extents: [Int]
  let chunkExtents: [Int]
  /// The bytes of a chunk before any filter.
  let byteCount: Int
  let isFiltered: Bool
  private(set) var chunks: [H5Chunk] = []

  init(
    _ source: H5Source, _ layout: H5Layout.Chunks, extents: [Int], byteCount: Int, isFiltered: Bool, object: String
  ) throws {
    self.source = source
    self.object = object
    self.extents = extents
    self.byteCount = byteCount
    self.isFiltered = isFiltered
    chunkExtents = layout.extents
    guard let address = layout.address else { return }
    switch layout.index {
    case .tree: try visit(node: address, depth: 0)
    case .single(let stored, let mask):
      chunks = [
        H5Chunk(
          origin: extents.map { _ in 0 }, offset: address, byteCount: stored ?? byteCount, skippedFilters: mask)
      ]
    case .implicit:
      let count = try gridCount()
      guard count <= source.size / max(byteCount, 1) else {
        throw CheckpointError(.truncated, path: source.path, "\(object) claims more chunks than the file could hold")
      }
      for number in 0..<count {
        try source.charge(64)
        chunks.append(
          H5Chunk(
            origin: origin(number), offset: address + number * byteCount, byteCount: byteCount, skippedFilters: 0))
      }
    case .fixedArray(let pageBits): try readFixedArray(address, pageBits)
    case .other(let name):
      throw CheckpointError(
        .unsupported, path: source.path,
        "\(object) has its chunks in \(name), which this build does not read; save it without room to grow (maxshape)")
    }
  }

  /// How many chunks cover the dataset.
  private func gridCount() throws -> Int {
    var count = 1
    for (extent, chunk) in zip(extents, chunkExtents) {
      let (product, overflow) = count.multipliedReportingOverflow(by: (extent + chunk - 1) / chunk)
      guard !overflow else { throw CheckpointError(.refused, path: source.path, "\(object) claims too many chunks") }
      count = product
    }
    return count
  }

  /// The place of the chunk of a number, counted in row-major order.
  private func origin(_ number: Int) -> [Int] {
    var rest = number
    var origin = extents.map { _ in 0 }
    for axis in extents.indices.reversed() {
      let count = (extents[axis] + chunkExtents[axis] - 1) / chunkExtents[axis]
      origin[axis] = rest % count * chunkExtents[axis]
      rest /= count
    }
    return origin
  }

  /// Nodes of a B-tree of version 1 (specification, III.A.1).
  private mutating func visit(node address: Int, depth: Int) throws {
    let what = "the index of the chunks of \(object)"
    guard depth < 32 else { throw CheckpointError(.refused, path: source.path, "\(what) is nested too deep") }
    var head = try source.cursor(24, at: address, of: what, signature: "TREE")
    let kind = try head.byte()
    let level = try head.integer(1)
    let used = try head.integer(2)
    guard kind == 1 else { throw head.error("is a tree of another kind") }
    let keySize = 16 + 8 * extents.count
    var body = try source.cursor(used * (keySize + 8), at: address + 24, of: what)
    for _ in 0..<used {
      let size = try body.integer(4)
      let mask = UInt32(try body.word(4))
      let origin = try extents.map { _ in try body.length() }
      try body.skip(8)
      let child = try body.requiredAddress()
      if level > 0 {
        try visit(node: child, depth: depth + 1)
      } else {
        chunks.append(H5Chunk(origin: origin, offset: child, byteCount: size, skippedFilters: mask))
      }
    }
  }

  /// A fixed array (specification, VII.C).
  private mutating func readFixedArray(_ address: Int, _ pageBits: Int) throws {
    let what = "the index of the chunks of \(object)"
    var header = try source.checked(28, at: address, of: what, signature: "FAHD")
    try header.version(0...0)
    try header.skip(1)
    let entrySize = try header.integer(1)
    guard try header.integer(1) == pageBits, pageBits < 32 else { throw header.error("contradicts the layout") }
    let count = try header.length()
    guard let block = try header.address() else { return }
    guard count == (try gridCount()), count <= source.size / 8, entrySize <= 20, entrySize >= (isFiltered ? 13 : 8)
    else {
      throw header.error("does not fit the dataset")
    }
    let page = 1 << pageBits
    let pageCount = (count + page - 1) / page
    if pageCount <= 1 {
      var data = try source.checked(14 + count * entrySize + 4, at: block, of: what, signature: "FADB")
      try data.skip(10)
      for number in 0..<count { try append(&data, number, entrySize) }
      return
    }
    let bitmapSize = (pageCount + 7) / 8
    var data = try source.checked(14 + bitmapSize + 4, at: block, of: what, signature: "FADB")
    try data.skip(10)
    let bitmap = Array(try data.take(bitmapSize))
    var position = block + 14 + bitmapSize + 4
    for index in 0..<pageCount {
      let entries = min(page, count - index * page)
      defer { position += entries * entrySize + 4 }
      guard bitmap[index / 8] >> UInt8(7 - index % 8) & 1 != 0 else { continue }
      var cursor = try source.cursor(entries * entrySize + 4, at: position, of: what)
      try cursor.checkSum()
      for entry in 0..<entries { try append(&cursor, index * page + entry, entrySize) }
    }
  }

  private mutating func append(_ cursor: inout H5Cursor, _ number: Int, _ entrySize: Int) throws {
    let address = try cursor.address()
    let size = isFiltered ? try cursor.length(entrySize - 12) : byteCount
    let mask = isFiltered ? UInt32(try cursor.word(4)) : 0
    guard let address else { return }
    chunks.append(H5Chunk(origin: origin(number), offset: address, byteCount: size, skippedFilters: mask))
  }
}
