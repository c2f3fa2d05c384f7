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
  private let leavesEdges: Bool
  /// How the chunks are numbered in arrays.
  let numbers: H5ChunkNumbers
  private(set) var chunks: [H5Chunk] = []

  /// What is read, for errors.
  var what: String { "the index of the chunks of \(object)" }

  /// Reads an index.
  /// - Parameters:
  ///   - most: How far each extent of the dataset may grow (`nil` without end).
  ///   - byteCount: The bytes of a chunk before any filter.
  init(
    _ source: H5Source, _ layout: H5Layout.Chunks, extents: [Int], most: [Int?], byteCount: Int, isFiltered: Bool,
    object: String
  ) throws {
    self.source = source
    self.object = object
    self.extents = extents
    self.byteCount = byteCount
    self.isFiltered = isFiltered
    leavesEdges = layout.leavesEdges
    chunkExtents = layout.extents
    numbers = H5ChunkNumbers(most: most, chunkExtents: layout.extents)
    guard let address = layout.address else { return }
    switch layout.index {
    case .tree: try visit(node: address, depth: 0)
    case .single(let stored, let mask):
      try add(extents.map { _ in 0 }, at: address, stored ?? byteCount, mask)
    case .implicit: try readImplicit(address)
    case .fixedArray(let pageBits): try readFixedArray(address, pageBits)
    case .extensibleArray: try readExtensibleArray(address)
    case .treeTwo: try readTree(address)
    }
  }

  /// Notes a chunk.
  mutating func add(_ origin: [Int], at offset: Int, _ stored: Int, _ mask: UInt32) throws {
    // It takes more memory than its entry in the file.
    try source.charge(32)
    try source.countChunk(of: object)
    let isCut = leavesEdges && zip(origin, zip(chunkExtents, extents)).contains { $1.1 - $0 < $1.0 }
    chunks.append(H5Chunk(origin: origin, offset: offset, byteCount: stored, skippedFilters: isCut ? .max : mask))
  }

  /// Notes the chunk that an entry of an array says; an entry without address is that of a chunk that was never written.
  mutating func add(_ number: Int, _ entry: inout H5Cursor, size: Int) throws {
    let address = try entry.address()
    let stored = isFiltered ? try entry.length(size - 12) : byteCount
    let mask = isFiltered ? UInt32(try entry.word(4)) : 0
    guard let address else { return }
    guard let origin = numbers.origin(number) else { throw entry.error("has a chunk where none belongs") }
    try add(origin, at: address, stored, mask)
  }

  /// Whether an entry of an array has a size that it can have: an address, with filters also a length and a mask.
  func isEntrySize(_ size: Int) -> Bool { isFiltered ? (13...20).contains(size) : size == 8 }

  /// All chunks there may ever be, one after the other.
  private mutating func readImplicit(_ address: Int) throws {
    guard let total = numbers.total, total <= source.size / max(byteCount, 1) else {
      throw CheckpointError(.truncated, path: source.path, "\(object) claims more chunks than the file could hold")
    }
    let grid = H5ChunkNumbers(most: extents, chunkExtents: chunkExtents)
    for index in 0..<(grid.total ?? 0) {
      guard let origin = grid.origin(index), let number = numbers.number(zip(origin, chunkExtents).map { $0 / $1 })
      else { continue }
      try add(origin, at: address + number * byteCount, byteCount, 0)
    }
  }

  /// Nodes of a B-tree of version 1 (specification, III.A.1).
  private mutating func visit(node address: Int, depth: Int) throws {
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
        try add(origin, at: child, size, mask)
      }
    }
  }

  /// A B-tree of version 2: an address, with filters also a length and a mask, and the place in units of chunks
  /// (specification, III.A.2, records of type 10 and 11).
  private mutating func readTree(_ address: Int) throws {
    let places = 8 * extents.count
    let tree = try H5BTree2(
      source, at: address, kind: isFiltered ? .filteredChunks : .chunks,
      sizes: isFiltered ? places + 13...places + 20 : places + 8...places + 8, of: what)
    for var record in tree.records {
      let size = record.count - places
      let offset = try record.requiredAddress()
      let stored = isFiltered ? try record.length(size - 12) : byteCount
      let mask = isFiltered ? UInt32(try record.word(4)) : 0
      let origin = try chunkExtents.map { extent in
        let (place, overflow) = try record.length().multipliedReportingOverflow(by: extent)
        guard !overflow else { throw record.error("has a chunk at a place that no dataset has") }
        return place
      }
      try add(origin, at: offset, stored, mask)
    }
  }
}
