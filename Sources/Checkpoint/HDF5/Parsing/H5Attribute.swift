import Tensors

/// An attribute as it stands in the file.
struct H5Attribute {
  let name: String
  /// What it is: numbers, texts, or something that is not read.
  let content: Content

  enum Content {
    case value(AttributeValue)
    /// An array of two or more dimensions: its elements in row-major order.
    case array(AttributeValue, [Int])
    /// Something that attributes of checkpoints have no use for: what it is.
    case unread(String)
  }

  /// Everything the value reader needs.
  struct Reader {
    let source: H5Source
    let heap: H5GlobalHeap
  }

  private static let largest = 64 << 20

  /// An attribute of `object` (specification, IV.A.2.m).
  init(_ message: H5Cursor, _ reader: Reader, object: String) throws {
    var cursor = message
    let version = try cursor.version(1...3)
    let flags = try cursor.byte()
    let (nameSize, typeSize, spaceSize) = (try cursor.integer(2), try cursor.integer(2), try cursor.integer(2))
    if version == 3 { try cursor.skip(1) }
    func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
    name = try cursor.text(padded(nameSize))
    let what = "the attribute '\(name.terminalEscaped)' of \(object)"
    let type = try cursor.sub(padded(typeSize), what)
    let space = try cursor.sub(padded(spaceSize), what)
    guard version == 1 || flags & 3 == 0 else {
      content = .unread("of a type that is kept elsewhere in the file")
      return
    }
    var data = try cursor.sub(cursor.count, what)
    content = try Self.content(try H5Datatype(type), try H5Dataspace(space), &data, reader)
  }

  private static func content(
    _ type: H5Datatype, _ space: H5Dataspace, _ data: inout H5Cursor, _ reader: Reader
  ) throws -> Content {
    guard case .extents(let extents, _) = space else { return .value(.null) }
    guard let count = Shape(checking: extents)?.count else { throw data.error("claims \(extents) elements", .refused) }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !overflow, bytes <= largest else {
      throw data.error("claims \(count) elements of \(type.size) bytes; attributes have at most 64 MiB", .refused)
    }
    guard bytes <= data.count else { throw data.error("claims \(bytes) bytes, but the file has \(data.count) for it") }
    guard let value = try value(type, count, &data, reader) else { return .unread(name(of: type)) }
    switch extents.count {
    case 0: return .value(value.scalar)
    case 1: return .value(value)
    default: return .array(value, extents)
    }
  }

  private static func name(of type: H5Datatype) -> String {
    switch type {
    case .other(let name, _): name
    case .opaque: "opaque bytes"
    case .number(let dtype, _): dtype.rawValue
    case .string, .variableString: "text that is not UTF-8"
    }
  }

  /// The elements as an array; `nil` for a type that is not read.
  static func value(
    _ type: H5Datatype, _ count: Int, _ data: inout H5Cursor, _ reader: Reader
  ) throws -> AttributeValue? {
    switch type {
    case .string(let size):
      return strings(try (0..<count).map { _ in try data.take(size).prefix { $0 != 0 } })
    case .variableString:
      return strings(try (0..<count).map { _ in try reader.heap.bytes(&data).prefix { $0 != 0 } })
    case .number(let dtype, let isBigEndian): return try numbers(dtype, isBigEndian, count, &data)
    case .opaque, .other: return nil
    }
  }

  /// Texts; `nil` when one is not UTF-8.
  private static func strings(_ texts: [ArraySlice<UInt8>]) -> AttributeValue? {
    let strings = texts.compactMap { String(validating: $0, as: UTF8.self) }
    return strings.count == texts.count ? .strings(strings) : nil
  }

  private static func numbers(
    _ dtype: DType, _ isBigEndian: Bool, _ count: Int, _ data: inout H5Cursor
  ) throws -> AttributeValue? {
    func words() throws -> [UInt64] {
      try (0..<count).map { _ in
        let word = try data.word(dtype.size)
        return isBigEndian ? word.byteSwapped >> UInt64(64 - 8 * dtype.size) : word
      }
    }
    switch dtype {
    case .bool: return .bools(try words().map { $0 != 0 })
    case .int8: return .integers(try words().map { Int(Int8(truncatingIfNeeded: $0)) })
    case .int16: return .integers(try words().map { Int(Int16(truncatingIfNeeded: $0)) })
    case .int32: return .integers(try words().map { Int(Int32(truncatingIfNeeded: $0)) })
    case .int64: return .integers(try words().map { Int(truncatingIfNeeded: $0) })
    case .uint8, .uint16, .uint32: return .integers(try words().map { Int($0) })
    case .uint64: return .unsigneds(try words())
    case .float16: return .numbers(try words().map { Double(Float16(bitPattern: UInt16($0))) })
    case .bfloat16: return .numbers(try words().map { Double(Float(bitPattern: UInt32($0) << 16)) })
    case .float32: return .numbers(try words().map { Double(Float(bitPattern: UInt32($0))) })
    case .float64: return .numbers(try words().map { Double(bitPattern: $0) })
    case .float8E4M3, .float8E5M2, .complex64, .complex128: return nil
    }
  }

  /// All attributes of an object: in the order of creation where the file keeps it, of the names otherwise.
  static func all(of header: H5ObjectHeader, _ reader: Reader, object: String) throws -> [H5Attribute] {
    var attributes: [(attribute: H5Attribute, order: Int)] = []
    for (index, message) in header.messages.enumerated() where message.kind == .attribute && !message.isShared {
      attributes.append((try H5Attribute(message.data, reader, object: object), message.order ?? index))
    }
    guard let info = header.first(.attributeInfo) else { return sorted(attributes, isOrdered: false) }
    var cursor = info.data
    try cursor.version(0...0)
    let flags = try cursor.byte()
    if flags & 1 != 0 { try cursor.skip(2) }
    let heap = try cursor.address()
    let names = try cursor.address()
    if let heap, let names {
      let what = "the list of attributes of \(object)"
      let heap = try H5FractalHeap(reader.source, at: heap, of: what)
      attributes = []
      let tree = try H5BTree2(reader.source, at: names, kind: .attributeNames, sizes: 17...17, of: what)
      for record in tree.records {
        var record = record
        let id = try record.sub(8)
        let isShared = try record.byte() & 2 != 0
        let order = try record.integer(4)
        if isShared { continue }
        attributes.append((try H5Attribute(try heap.object(id), reader, object: object), order))
      }
    }
    return sorted(attributes, isOrdered: flags & 1 != 0)
  }

  private static func sorted(_ attributes: [(attribute: H5Attribute, order: Int)], isOrdered: Bool) -> [H5Attribute] {
    attributes.sorted { first, second in
      if isOrdered { return first.order < second.order }
      return first.attribute.name.utf8.lexicographicallyPrecedes(second.attribute.name.utf8)
    }.map(\.attribute)
  }
}

extension AttributeValue {
  /// The only element of an array of one.
  fileprivate var scalar: AttributeValue {
    switch self {
    case .bools(let values): values.first.map(AttributeValue.bool) ?? self
    case .integers(let values): values.first.map(AttributeValue.integer) ?? self
    case .unsigneds(let values): values.first.map(AttributeValue.unsigned) ?? self
    case .numbers(let values): values.first.map(AttributeValue.number) ?? self
    case .strings(let values): values.first.map(AttributeValue.string) ?? self
    default: self
    }
  }
}

extension H5Attribute {
  /// The value as others see it: arrays of several dimensions become lists of lists.
  var value: Value? {
    switch content {
    case .value(let value): value.value
    case .array(let elements, let extents): elements.value.elements.map { Self.nested($0[...], extents[...]) }
    case .unread: nil
    }
  }

  private static func nested(_ elements: ArraySlice<Value>, _ extents: ArraySlice<Int>) -> Value {
    guard let extent = extents.first, extents.count > 1, !elements.isEmpty else { return .list(Array(elements)) }
    let size = elements.count / extent
    return .list(
      (0..<extent).map { index in
        let start = elements.startIndex + index * size
        return nested(elements[start..<start + size], extents.dropFirst())
      })
  }
}
