/// What the file says of one object: a list of messages (specification, IV.A).
struct H5ObjectHeader {
  /// The kinds of message that are understood.
  enum Kind: Int {
    case dataspace = 1
    case linkInfo = 2
    case datatype = 3
    case oldFill = 4
    case fill = 5
    case link = 6
    case externalFiles = 7
    case layout = 8
    case filters = 11
    case attribute = 12
    case continuation = 16
    case symbolTable = 17
    case attributeInfo = 21
  }

  struct Message {
    let kind: Kind
    /// Whether the message only says where the real one stands.
    let isShared: Bool
    /// The place in the order of creation, where the file keeps it.
    let order: Int?
    let data: H5Cursor
  }

  /// The messages, in the order of the file.
  private(set) var messages: [Message] = []

  private static let mostBlocks = 1000

  init(_ source: H5Source, at address: Int, object: String) throws {
    let what = "the header of \(object)"
    let start = try source.bytes(4, at: address, of: what)
    var blocks: [(offset: Int, count: Int)] = []
    if start.elementsEqual("OHDR".utf8) {
      let (cursor, keepsOrder) = try Self.versionTwo(source, at: address, what)
      try read(cursor, isNew: true, keepsOrder: keepsOrder, &blocks)
      var next = 0
      while next < blocks.count {
        guard next < Self.mostBlocks else { throw cursor.error("has too many parts", .refused) }
        let block = try source.checked(blocks[next].count, at: blocks[next].offset, of: what, signature: "OCHK")
        try read(block, isNew: true, keepsOrder: keepsOrder, &blocks)
        next += 1
      }
    } else {
      var cursor = try source.cursor(16, at: address, of: what)
      try cursor.version(1...1)
      try cursor.skip(7)
      let count = try cursor.integer(4)
      blocks.append((address + 16, count))
      var next = 0
      while next < blocks.count {
        guard next < Self.mostBlocks else { throw cursor.error("has too many parts", .refused) }
        let block = try source.cursor(blocks[next].count, at: blocks[next].offset, of: what)
        try read(block, isNew: false, keepsOrder: false, &blocks)
        next += 1
      }
    }
  }

  /// The first message of a kind.
  func first(_ kind: Kind) -> Message? { messages.first { $0.kind == kind } }

  private static func versionTwo(
    _ source: H5Source, at address: Int, _ what: String
  ) throws -> (messages: H5Cursor, keepsOrder: Bool) {
    // The longest prefix has 34 bytes; the file may end before.
    let prefix = try source.bytes(min(34, source.size - address), at: address, of: what)
    var cursor = H5Cursor(prefix.dropFirst(4), path: source.path, what: what)
    try cursor.version(2...2)
    let flags = try cursor.byte()
    if flags & 0x20 != 0 { try cursor.skip(16) }
    if flags & 0x10 != 0 { try cursor.skip(4) }
    let count = try cursor.length(1 << Int(flags & 3))
    let start = prefix.count - cursor.count
    guard count <= source.size else { throw cursor.error("is longer than the file") }
    var whole = try source.checked(start + count + 4, at: address, of: what, signature: "OHDR")
    try whole.skip(start - 4)
    return (whole, flags & 4 != 0)
  }

  private mutating func read(
    _ block: H5Cursor, isNew: Bool, keepsOrder: Bool, _ blocks: inout [(offset: Int, count: Int)]
  ) throws {
    var block = block
    let prefix = isNew ? (keepsOrder ? 6 : 4) : 8
    while block.count >= prefix {
      let type = try block.integer(isNew ? 1 : 2)
      let size = try block.integer(2)
      let flags = try block.byte()
      let order = keepsOrder ? try block.integer(2) : nil
      if !isNew { try block.skip(3) }
      var data = try block.sub(size)
      guard let kind = Kind(rawValue: type) else { continue }
      if kind == .continuation {
        blocks.append((try data.requiredAddress(), try data.length()))
      } else {
        messages.append(Message(kind: kind, isShared: flags & 2 != 0, order: order, data: data))
      }
    }
  }
}
