/// A B-tree of version 2: records in order (specification, III.A.2).
struct H5BTree2 {
  private let source: H5Source
  private let what: String
  private let kind: UInt8
  private let nodeSize: Int
  private let recordSize: Int
  /// The most records of a node at each depth, and the bytes in which the records below it are counted.
  private let levels: [(most: Int, total: Int, totalSize: Int)]
  private let countSize: Int
  private(set) var records: [H5Cursor] = []

  /// Reads all records of a tree.
  /// - Parameters:
  ///   - kind: The kind of record that it must have.
  ///   - sizes: The bytes that a record may have.
  init(_ source: H5Source, at address: Int, kind: Kind, sizes: ClosedRange<Int>, of what: String) throws {
    var header = try source.checked(38, at: address, of: what, signature: "BTHD")
    try header.version(0...0)
    self.source = source
    self.what = what
    self.kind = try header.byte()
    guard self.kind == kind.rawValue else {
      throw header.error("is a tree of kind \(self.kind), not \(kind.rawValue)")
    }
    let nodeSize = try header.integer(4)
    let recordSize = try header.integer(2)
    let depth = try header.integer(2)
    self.nodeSize = nodeSize
    self.recordSize = recordSize
    try header.skip(2)
    let root = try header.address()
    let rootCount = try header.integer(2)
    guard sizes.contains(recordSize), nodeSize > 10 + recordSize, nodeSize <= source.size, depth <= 16 else {
      throw header.error("does not fit the file")
    }
    let leafMost = (nodeSize - 10) / recordSize
    let countSize = Self.bytes(toCount: leafMost)
    self.countSize = countSize
    var levels = [(most: leafMost, total: leafMost, totalSize: 0)]
    for level in 0..<depth {
      let pointer = 8 + countSize + levels[level].totalSize
      let most = (nodeSize - 10 - pointer) / (recordSize + pointer)
      let (product, overflow) = (max(most, 0) + 1).multipliedReportingOverflow(by: levels[level].total)
      guard most > 0, !overflow, product < 1 << 48 else { throw header.error("does not fit the file") }
      levels.append((most, product + most, Self.bytes(toCount: product + most)))
    }
    self.levels = levels
    if let root, rootCount > 0 { try visit(root, count: rootCount, depth: depth) }
  }

  /// What the records of a tree are.
  enum Kind: UInt8 {
    case hugeObjects = 1
    case linkNames = 5
    case attributeNames = 8
    case chunks = 10
    case filteredChunks = 11
  }

  /// The bytes in which a number up to `most` is written.
  static func bytes(toCount most: Int) -> Int { (Int.bitWidth - 1 - max(most, 1).leadingZeroBitCount) / 8 + 1 }

  private mutating func visit(_ address: Int, count: Int, depth: Int) throws {
    guard count <= levels[depth].most else {
      throw CheckpointError(.corrupt, path: source.path, "\(what) has a node with \(count) records")
    }
    // The checksum stands behind what is used, not at the end of the node.
    let pointer = depth > 0 ? 8 + countSize + (depth > 1 ? levels[depth - 1].totalSize : 0) : 0
    let used = 6 + count * recordSize + (depth > 0 ? (count + 1) * pointer : 0)
    var cursor = try source.checked(used + 4, at: address, of: what, signature: depth > 0 ? "BTIN" : "BTLF")
    try cursor.version(0...0)
    guard try cursor.byte() == kind else { throw cursor.error("has a node of another kind") }
    guard records.count <= source.size / recordSize else {
      throw CheckpointError(.refused, path: source.path, "\(what) has more records than the file could hold")
    }
    let own = try (0..<count).map { _ in try cursor.sub(recordSize) }
    guard depth > 0 else {
      records += own
      return
    }
    for index in 0...count {
      let child = try cursor.requiredAddress()
      let childCount = try cursor.integer(countSize)
      if depth > 1 { try cursor.skip(levels[depth - 1].totalSize) }
      try visit(child, count: childCount, depth: depth - 1)
      if index < count { records.append(own[index]) }
    }
  }
}
