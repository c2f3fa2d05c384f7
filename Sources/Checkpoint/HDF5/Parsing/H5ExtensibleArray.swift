/// An array that grows at its end (specification, VII.D).
///
/// The first entries stand in the index block. All others stand in data blocks, which are counted in groups: group `g` is of
/// 2^⌊g/2⌋ blocks of 2^⌈g/2⌉ times the least number of entries. The blocks of the first groups are listed in the index block,
/// those of each later group in a block of its own (a secondary block). Large data blocks are cut into pages, each of which
/// may be there or not.
struct H5ExtensibleArray {
  private let source: H5Source
  private let what: String
  private let address: Int
  /// The bytes of an entry.
  let entrySize: Int
  /// The number of an array's entries takes so many bytes.
  private let offsetSize: Int
  /// How many entries stand in the index block.
  private let firstCount: Int
  /// The entries of the smallest data block.
  private let leastCount: Int
  private let pageCount: Int
  /// How many groups there may be, and how many of them the index block lists.
  private let groupCount: Int
  private let listedGroups: Int
  /// `nil` when nothing was ever written.
  private let indexBlock: Int?

  init(_ source: H5Source, at address: Int, of what: String) throws {
    var header = try source.checked(72, at: address, of: what, signature: "EAHD")
    self.source = source
    self.what = what
    self.address = address
    try header.version(0...0)
    try header.skip(1)
    entrySize = try header.integer(1)
    let bits = try header.integer(1)
    firstCount = try header.integer(1)
    leastCount = try header.integer(1)
    let leastPointers = try header.integer(1)
    let pageBits = try header.integer(1)
    try header.skip(6 * 8)
    indexBlock = try header.address()
    guard (8...48).contains(bits), leastCount.nonzeroBitCount == 1, leastPointers.nonzeroBitCount == 1, pageBits <= bits
    else { throw header.error("does not fit any file") }
    offsetSize = (bits + 7) / 8
    pageCount = 1 << pageBits
    groupCount = 1 + bits - leastCount.trailingZeroBitCount
    listedGroups = 2 * leastPointers.trailingZeroBitCount
    guard listedGroups <= groupCount else { throw header.error("does not fit any file") }
  }

  /// The number of data blocks of a group, and the entries of each.
  private func blocks(ofGroup group: Int) -> (count: Int, entries: Int) {
    (1 << (group / 2), leastCount << ((group + 1) / 2))
  }

  /// A block that begins with its signature, its version, the kind of entries and the place of the header.
  private func block(_ count: Int, at offset: Int, signature: String) throws -> H5Cursor {
    var cursor = try source.checked(14 + count + 4, at: offset, of: what, signature: signature)
    try cursor.version(0...0)
    try cursor.skip(1)
    guard try cursor.requiredAddress() == address else { throw cursor.error("has a block of another array") }
    return cursor
  }

  /// Calls `body` for each entry whose block is there, with its number.
  func forEach(_ body: (Int, inout H5Cursor) throws -> Void) throws {
    guard let indexBlock else { return }
    let listed = (0..<listedGroups).reduce(0) { $0 + blocks(ofGroup: $1).count }
    let others = groupCount - listedGroups
    var index = try block(firstCount * entrySize + (listed + others) * 8, at: indexBlock, signature: "EAIB")
    for number in 0..<firstCount { try body(number, &index) }
    var start = firstCount
    for group in 0..<groupCount {
      let (count, entries) = blocks(ofGroup: group)
      if group < listedGroups {
        for number in 0..<count {
          guard let data = try index.address() else { continue }
          guard entries <= pageCount else { throw index.error("has pages where none may be") }
          try visit(data, entries, from: start + number * entries, body)
        }
      } else if let secondary = try index.address() {
        try visit(group: secondary, count, entries, from: start, body)
      }
      start += count * entries
    }
  }

  /// A secondary block: for each data block its pages that are there, and its place.
  private func visit(
    group offset: Int, _ count: Int, _ entries: Int, from start: Int, _ body: (Int, inout H5Cursor) throws -> Void
  ) throws {
    let pages = entries > pageCount ? entries / pageCount : 0
    let bitmapSize = count * ((pages + 7) / 8)
    // Before the product of both is read: no file has as many places.
    guard bitmapSize <= source.size, count <= source.size / 8 else {
      throw CheckpointError(.truncated, path: source.path, "\(what) claims more chunks than the file could hold")
    }
    var cursor = try block(offsetSize + bitmapSize + count * 8, at: offset, signature: "EASB")
    try cursor.skip(offsetSize)
    let bitmap = Array(try cursor.take(bitmapSize))
    for number in 0..<count {
      guard let data = try cursor.address() else { continue }
      let first = start + number * entries
      guard pages > 0 else {
        try visit(data, entries, from: first, body)
        continue
      }
      _ = try block(offsetSize, at: data, signature: "EADB")
      var position = data + 14 + offsetSize + 4
      for page in number * pages..<(number + 1) * pages {
        defer { position += pageCount * entrySize + 4 }
        guard bitmap[page / 8] >> UInt8(7 - page % 8) & 1 != 0 else { continue }
        var part = try source.cursor(pageCount * entrySize + 4, at: position, of: what)
        try part.checkSum()
        let number = first + (page - number * pages) * pageCount
        for entry in 0..<pageCount { try body(number + entry, &part) }
      }
    }
  }

  /// A data block in one piece.
  private func visit(
    _ offset: Int, _ entries: Int, from start: Int, _ body: (Int, inout H5Cursor) throws -> Void
  ) throws {
    guard entries <= source.size / 8 else {
      throw CheckpointError(.truncated, path: source.path, "\(what) claims more chunks than the file could hold")
    }
    var cursor = try block(offsetSize + entries * entrySize, at: offset, signature: "EADB")
    try cursor.skip(offsetSize)
    for entry in 0..<entries { try body(start + entry, &cursor) }
  }
}

extension H5ChunkIndex {
  /// The chunks of a dataset with one extent that grows without end.
  mutating func readExtensibleArray(_ address: Int) throws {
    let array = try H5ExtensibleArray(source, at: address, of: what)
    guard isEntrySize(array.entrySize) else {
      throw CheckpointError(.corrupt, path: source.path, "\(what) does not fit the dataset")
    }
    try array.forEach { number, entry in try add(number, &entry, size: array.entrySize) }
  }
}
