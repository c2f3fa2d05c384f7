/// Where a new group keeps many links, and an object many or large attributes (specification, III.G).
final class H5FractalHeap {
  private let source: H5Source
  private let what: String
  private let offsetSize: Int
  private let lengthSize: Int
  private let width: Int
  private let startSize: Int
  private let directRows: Int
  private let root: Int?
  private let rootRows: Int
  private let hugeTree: Int?
  private let hugeIDSize: Int
  private let hasChecksums: Bool
  private var verified: Set<Int> = []

  init(_ source: H5Source, at address: Int, of what: String) throws {
    // Without filters, which no library writes here by itself, the header has this size.
    var cursor = try source.checked(146, at: address, of: what, signature: "FRHP")
    self.source = source
    self.what = what
    try cursor.version(0...0)
    let idLength = try cursor.integer(2)
    guard try cursor.integer(2) == 0 else { throw cursor.error("is compressed, which is not read", .unsupported) }
    hasChecksums = try cursor.byte() & 2 != 0
    let mostManaged = try cursor.integer(4)
    try cursor.skip(8)
    hugeTree = try cursor.address()
    try cursor.skip(8 * 10)
    width = try cursor.integer(2)
    startSize = try cursor.length()
    let mostDirect = try cursor.length()
    let bits = try cursor.integer(2)
    try cursor.skip(2)
    root = try cursor.address()
    rootRows = try cursor.integer(2)
    guard width > 0, width.nonzeroBitCount == 1, startSize > 0, startSize.nonzeroBitCount == 1,
      mostDirect.nonzeroBitCount == 1,
      mostDirect >= startSize, mostDirect <= 1 << 32, (8...64).contains(bits), rootRows <= 64
    else { throw cursor.error("does not fit any file") }
    directRows = mostDirect.trailingZeroBitCount - startSize.trailingZeroBitCount + 2
    offsetSize = (bits + 7) / 8
    lengthSize = min(H5BTree2.bytes(toCount: mostDirect), H5BTree2.bytes(toCount: max(mostManaged, 1)))
    hugeIDSize = min(idLength - 1, 8)
  }

  /// The bytes for an identifier in a record.
  func object(_ id: H5Cursor) throws -> H5Cursor {
    var id = id
    let head = try id.byte()
    guard head >> 6 == 0 else { throw id.error("has an identifier of a version that is not known", .unsupported) }
    switch head >> 4 & 3 {
    case 0:
      let offset = try id.length(offsetSize)
      let length = try id.length(lengthSize)
      return try source.cursor(length, at: try locate(offset, length), of: what)
    case 1: return try huge(Int(truncatingIfNeeded: try id.word(hugeIDSize)))
    case 2: return try id.sub(min(Int(head & 15) + 1, id.count), what)
    default: throw id.error("has an identifier of a kind that is not known", .unsupported)
    }
  }

  /// Objects too large for a block stand alone, and are found by a number.
  private func huge(_ number: Int) throws -> H5Cursor {
    guard let hugeTree else { throw error("refers to a large object, and there are none") }
    for record in try H5BTree2(source, at: hugeTree, kind: .hugeObjects, sizes: 24...24, of: what).records {
      var record = record
      let address = try record.requiredAddress()
      let length = try record.length()
      if Int(truncatingIfNeeded: try record.word(8)) == number {
        return try source.cursor(length, at: address, of: what)
      }
    }
    throw error("refers to a large object that is not there")
  }

  private func error(_ message: String) -> CheckpointError {
    CheckpointError(.corrupt, path: source.path, "\(what) \(message)")
  }

  /// The place in the file for a place in the heap. Blocks double in size from the second row on.
  private func locate(_ offset: Int, _ length: Int) throws -> Int {
    guard let root else { throw error("refers into a heap that is empty") }
    if rootRows == 0 { return try place(offset, length, inBlock: root, from: 0, size: startSize) }
    var (block, rows, base) = (root, rootRows, 0)
    for _ in 0..<16 {
      guard let found = find(offset, rows: rows, base: base) else { throw error("refers beyond its heap") }
      let entry = found.row * width + found.column
      var cursor = try source.checked(
        5 + 8 + offsetSize + 8 * rows * width + 4, at: block, of: what, signature: "FHIB")
      try cursor.skip(1 + 8 + offsetSize + 8 * entry)
      let child = try cursor.requiredAddress()
      if found.row < directRows {
        return try place(offset, length, inBlock: child, from: found.start, size: rowSize(found.row))
      }
      (block, base) = (child, found.start)
      rows = rowSize(found.row).trailingZeroBitCount - startSize.trailingZeroBitCount - width.trailingZeroBitCount + 1
      guard rows > 0, rows <= 64 else { throw error("is nested in a way that no file is") }
    }
    throw error("is nested too deep")
  }

  /// The block of a table in which a place lies.
  private func find(_ offset: Int, rows: Int, base: Int) -> (row: Int, column: Int, start: Int)? {
    var start = base
    for row in 0..<rows {
      let size = rowSize(row)
      let (rowBytes, overflow) = size.multipliedReportingOverflow(by: width)
      guard !overflow, start <= Int.max - rowBytes else { return nil }
      if offset < start + rowBytes {
        let column = (offset - start) / size
        return (row, column, start + column * size)
      }
      start += rowBytes
    }
    return nil
  }

  /// The place in the file for a place in a block.
  private func place(_ offset: Int, _ length: Int, inBlock block: Int, from start: Int, size: Int) throws -> Int {
    let inside = offset - start
    guard inside >= 0, inside <= size, length <= size - inside else { throw error("refers beyond its heap") }
    if hasChecksums, verified.insert(block).inserted { try verify(block, size) }
    return block + inside
  }

  /// The checksum of a block is over all of it, with zeros where itself stands.
  private func verify(_ block: Int, _ size: Int) throws {
    var bytes = try source.bytes(size, at: block, of: what)
    let position = 5 + 8 + offsetSize
    guard size >= position + 4, bytes.starts(with: "FHDB".utf8) else { throw error("has a block that is none") }
    let expected = bytes[position..<position + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    for index in position..<position + 4 { bytes[index] = 0 }
    guard H5Checksum.lookup3(bytes[...]) == expected else {
      throw error("is not what was written: its checksum is another; use another copy of the file")
    }
  }

  /// The size of the blocks of a row.
  private func rowSize(_ row: Int) -> Int {
    guard row > 1 else { return startSize }
    let (size, overflow) = startSize.multipliedReportingOverflow(by: 1 << min(row - 1, 61))
    return overflow ? .max : size
  }
}
