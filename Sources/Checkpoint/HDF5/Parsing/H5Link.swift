/// A name in a group, and what it stands for.
struct H5Link {
  enum Target {
    /// The address of an object's header.
    case object(Int)
    /// A path in the file.
    case path(String)
    /// Something in another file, or of a kind that only its program knows.
    case outside
  }

  let name: String
  let target: Target
  /// The place in the order of creation, where the file keeps it.
  let order: Int?

  /// A link of a new group (specification, IV.A.2.g).
  init(_ message: H5Cursor) throws {
    var cursor = message
    try cursor.version(1...1)
    let flags = try cursor.byte()
    let kind = flags & 8 != 0 ? try cursor.byte() : 0
    order = flags & 4 != 0 ? Int(truncatingIfNeeded: try cursor.word(8)) : nil
    if flags & 16 != 0 { try cursor.skip(1) }
    let length = try cursor.length(1 << Int(flags & 3))
    name = try cursor.validated(try cursor.take(length))
    switch kind {
    case 0: target = .object(try cursor.requiredAddress())
    case 1: target = .path(try cursor.validated(try cursor.take(try cursor.integer(2))))
    default: target = .outside
    }
  }

  init(name: String, target: Target) {
    self.name = name
    self.target = target
    order = nil
  }

  /// All links of a group, in the order of creation where the file keeps it, or else of the names; `nil` when the object is
  /// no group.
  static func all(of header: H5ObjectHeader, _ source: H5Source, object: String) throws -> [H5Link]? {
    if let table = header.first(.symbolTable) { return try old(table.data, source, object: object) }
    guard let info = header.first(.linkInfo) else { return nil }
    var links = try header.messages.filter { $0.kind == .link }.map { try H5Link($0.data) }
    var cursor = info.data
    try cursor.version(0...0)
    let flags = try cursor.byte()
    if flags & 1 != 0 { try cursor.skip(8) }
    let heap = try cursor.address()
    let names = try cursor.address()
    if let heap, let names {
      let what = "the list of \(object)"
      let heap = try H5FractalHeap(source, at: heap, of: what)
      for record in try H5BTree2(source, at: names, kind: .linkNames, sizes: 11...11, of: what).records {
        var record = record
        try record.skip(4)
        try checkCount(links.count, source, what)
        links.append(try H5Link(try heap.object(record)))
      }
    }
    let isOrdered = flags & 1 != 0 && links.allSatisfy { $0.order != nil }
    return links.sorted { first, second in
      if isOrdered, let left = first.order, let right = second.order { return left < right }
      return first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
    }
  }

  /// Refuses more names than all tensors and their groups could need.
  private static func checkCount(_ count: Int, _ source: H5Source, _ what: String) throws {
    guard count < 2 * TensorCount.most else {
      throw CheckpointError(
        .refused, path: source.path,
        "\(what) has more than \(2 * TensorCount.most) names, which this build does not read")
    }
  }

  /// The links of an old group: a B-tree of tables, and a heap of names (specification, III.A.1 and III.B).
  private static func old(_ table: H5Cursor, _ source: H5Source, object: String) throws -> [H5Link] {
    var cursor = table
    let tree = try cursor.requiredAddress()
    let heap = try H5LocalHeap(source, at: try cursor.requiredAddress(), object: object)
    var links: [H5Link] = []
    try visit(node: tree, heap, source, object, depth: 0, &links)
    return links
  }

  private static func visit(
    node address: Int, _ heap: H5LocalHeap, _ source: H5Source, _ object: String, depth: Int, _ links: inout [H5Link]
  ) throws {
    let what = "the list of \(object)"
    guard depth < 32 else { throw CheckpointError(.refused, path: source.path, "\(what) is nested too deep") }
    var head = try source.cursor(24, at: address, of: what, signature: "TREE")
    let kind = try head.byte()
    let level = try head.integer(1)
    let used = try head.integer(2)
    guard kind == 0 else { throw head.error("is a tree of another kind") }
    var body = try source.cursor(used * 16, at: address + 24, of: what)
    for _ in 0..<used {
      try body.skip(8)
      let child = try body.requiredAddress()
      if level > 0 {
        try visit(node: child, heap, source, object, depth: depth + 1, &links)
      } else {
        try visit(table: child, heap, source, what, &links)
      }
    }
  }

  private static func visit(
    table address: Int, _ heap: H5LocalHeap, _ source: H5Source, _ what: String, _ links: inout [H5Link]
  ) throws {
    var head = try source.cursor(8, at: address, of: what, signature: "SNOD")
    try head.version(1...1)
    try head.skip(1)
    var body = try source.cursor(try head.integer(2) * 40, at: address + 8, of: what)
    while body.count >= 40 {
      try checkCount(links.count, source, what)
      let name = try heap.text(at: try body.length())
      let object = try body.address()
      let cache = try body.integer(4)
      try body.skip(4)
      var scratch = try body.sub(16)
      if cache == 2 {
        links.append(H5Link(name: name, target: .path(try heap.text(at: try scratch.integer(4)))))
      } else if let object {
        links.append(H5Link(name: name, target: .object(object)))
      } else {
        throw body.error("holds a name that stands for nothing")
      }
    }
  }
}
