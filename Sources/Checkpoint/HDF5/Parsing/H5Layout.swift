/// Where the bytes of a dataset stand (specification, IV.A.2.i).
enum H5Layout {
  /// In one piece; `nil` when nothing was ever written.
  case contiguous(address: Int?, byteCount: Int?)
  /// In the header itself.
  case compact(ArraySlice<UInt8>)
  case chunked(Chunks)

  /// Elements in blocks of equal extents.
  struct Chunks {
    /// How the addresses of the chunks are found.
    enum Index {
      case tree
      case single(byteCount: Int?, mask: UInt32)
      case implicit
      case fixedArray(pageBits: Int)
      case extensibleArray
      case treeTwo
    }

    let extents: [Int]
    let index: Index
    /// Whether chunks that reach over the end of the dataset stand without filters.
    var leavesEdges = false
    /// `nil` when nothing was ever written.
    let address: Int?
  }

  init(_ message: H5Cursor, rank: Int, object: String) throws {
    var cursor = message
    let version = try cursor.version(1...5)
    if version < 3 {
      self = try Self.old(&cursor)
      return
    }
    switch try cursor.byte() {
    case 0: self = .compact(try cursor.take(try cursor.integer(2)))
    case 1: self = .contiguous(address: try cursor.address(), byteCount: try cursor.length())
    case 2 where version == 3:
      let count = try cursor.integer(1)
      let address = try cursor.address()
      let extents = try (0..<count).map { _ in try cursor.integer(4) }
      self = .chunked(Chunks(extents: Array(extents.dropLast()), index: .tree, address: address))
    case 2: self = .chunked(try Self.chunks(&cursor))
    case 3: throw cursor.error("says that \(object) is virtual: its bytes are those of other files", .refused)
    default: throw cursor.error("has a layout that is not known", .unsupported)
    }
  }

  private static func old(_ cursor: inout H5Cursor) throws -> H5Layout {
    let count = try cursor.integer(1)
    let kind = try cursor.byte()
    try cursor.skip(5)
    let address = kind == 0 ? nil : try cursor.address()
    let extents = try (0..<count).map { _ in try cursor.integer(4) }
    switch kind {
    case 0: return .compact(try cursor.take(try cursor.integer(4)))
    case 1: return .contiguous(address: address, byteCount: nil)
    case 2: return .chunked(Chunks(extents: Array(extents.dropLast()), index: .tree, address: address))
    default: throw cursor.error("has a layout that is not known", .unsupported)
    }
  }

  private static func chunks(_ cursor: inout H5Cursor) throws -> Chunks {
    let flags = try cursor.byte()
    let count = try cursor.integer(1)
    let size = try cursor.integer(1)
    guard (1...8).contains(size) else { throw cursor.error("has extents of \(size) bytes") }
    let extents = try (0..<count).map { _ in try cursor.length(size) }
    let index: Chunks.Index
    switch try cursor.byte() {
    case 1:
      let isFiltered = flags & 2 != 0
      index = .single(
        byteCount: isFiltered ? try cursor.length() : nil, mask: isFiltered ? UInt32(try cursor.word(4)) : 0)
    case 2: index = .implicit
    case 3: index = .fixedArray(pageBits: try cursor.integer(1))
    case 4:
      // Its five numbers stand in its header, too.
      try cursor.skip(5)
      index = .extensibleArray
    case 5:
      try cursor.skip(6)
      index = .treeTwo
    default: throw cursor.error("has an index of chunks that is not known", .unsupported)
    }
    return Chunks(
      extents: Array(extents.dropLast()), index: index, leavesEdges: flags & 1 != 0, address: try cursor.address())
  }
}
