/// The types of Python's own library that values are made of.
struct PythonVocabulary: PickleVocabulary {
  mutating func meaning(
    of index: PickleGraph.Index, made call: PickleGraph.Call, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning? {
    try Self.meaning(of: index, made: call, in: graph)
  }

  mutating func meaning(
    ofPersistent id: PickleGraph.Index, in graph: PickleGraph, at place: [PicklePlace]
  ) throws -> PickleMeaning {
    throw graph.error(.unsupported, "the pickle refers to something outside of it, which no plain pickle does")
  }

  /// What an object of Python's own library stands for; `nil` for all others.
  static func meaning(
    of index: PickleGraph.Index, made call: PickleGraph.Call, in graph: PickleGraph
  ) throws -> PickleMeaning? {
    guard let callee = graph.global(call.callee), let arguments = graph.elements(call.arguments) else { return nil }
    let items = graph[index].items
    switch (callee.fullName, arguments.count) {
    case ("collections.OrderedDict", 0...1), ("collections.Counter", 0...1), ("builtins.dict", 0...1):
      guard let pairs = pairs(arguments.first, in: graph) else { return nil }
      return .dictionary(pairs + call.pairs)
    case ("collections.defaultdict", 0...2):
      guard let pairs = pairs(arguments.dropFirst().first, in: graph) else { return nil }
      return .dictionary(pairs + call.pairs)
    case ("builtins.set", 0...1), ("builtins.frozenset", 0...1):
      guard let elements = elements(arguments.first, in: graph) else { return nil }
      return .set(elements + items)
    case ("builtins.list", 0...1), ("collections.deque", 0...2):
      guard let elements = elements(arguments.first, in: graph) else { return nil }
      return .list(elements + items)
    case ("builtins.tuple", 0...1), ("torch.Size", 0...1):
      return elements(arguments.first, in: graph).map { .tuple($0) }
    case ("builtins.int", 1), ("builtins.float", 1), ("builtins.bool", 1), ("builtins.str", 1):
      return .same(arguments[0])
    case ("builtins.bytes", 0...2), ("builtins.bytearray", 0...2), ("_codecs.encode", 1...2):
      return bytes(index, in: graph).map { .value(.bytes($0)) }
    case ("builtins.complex", 2):
      guard let real = number(arguments[0], in: graph), let imaginary = number(arguments[1], in: graph) else {
        return nil
      }
      return .value(.complex(real, imaginary))
    case ("copyreg._reconstructor", 3):
      // Objects of protocols 0 and 1: the class, a base class, and what the base class is given.
      guard let made = graph.global(arguments[0]) else { return nil }
      let isPlain = graph.global(arguments[1])?.fullName == "builtins.object"
      return .record(made.fullName, arguments: isPlain ? [] : [arguments[2]], call, items: items)
    case ("copyreg.__newobj__", 1...):
      guard let made = graph.global(arguments[0]) else { return nil }
      return .record(made.fullName, arguments: Array(arguments.dropFirst()), call, items: items)
    default: return nil
    }
  }

  /// The bytes that an object is, at most `limit` of them: bytes as they are, a text of Python 2, or what one
  /// of Python 3's ways to write bytes in old protocols makes of a text.
  static func bytes(
    _ index: PickleGraph.Index, in graph: PickleGraph, atMost limit: Int = PickleLimits.text
  ) -> [UInt8]? {
    switch graph[index].content {
    case .bytes(let range), .byteText(let range):
      return range.count <= limit ? Array(graph.source[range]) : nil
    case .escapedBytes(let bytes): return bytes.count <= limit ? bytes : nil
    case .call: break
    default: return nil
    }
    guard let (callee, arguments) = graph.made(index) else { return nil }
    switch (callee.fullName, arguments.count) {
    case ("builtins.bytes", 0), ("builtins.bytearray", 0): return []
    case ("builtins.bytes", 1...2), ("builtins.bytearray", 1...2), ("_codecs.encode", 1...2):
      let encoding = arguments.count > 1 ? graph.text(arguments[1]) : "latin1"
      if case .bytes(let range) = graph[arguments[0]].content, range.count <= limit {
        return Array(graph.source[range])
      }
      if callee.module == "builtins", let list = graph.integers(arguments[0], atMost: limit) {
        return list.allSatisfy { $0 < 256 } ? list.map { UInt8($0) } : nil
      }
      guard let text = graph.text(arguments[0], atMost: 2 * limit) else {
        // bytearray(bytes) whose bytes are written as a text in turn.
        guard let inner = graph.made(arguments[0]), inner.callee.fullName == "_codecs.encode",
          callee.module == "builtins"
        else { return nil }
        return bytes(arguments[0], in: graph, atMost: limit)
      }
      if encoding == "utf-8" || encoding == "utf8" { return Array(text.utf8) }
      guard encoding == "latin1" || encoding == "latin-1" else { return nil }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.utf8.count)
      for scalar in text.unicodeScalars {
        guard let byte = UInt8(exactly: scalar.value) else { return nil }
        bytes.append(byte)
      }
      return bytes
    default: return nil
    }
  }

  private static func number(_ index: PickleGraph.Index, in graph: PickleGraph) -> Double? {
    if case .number(let value) = graph[index].content { value } else { graph.integer(index).map(Double.init) }
  }

  private static func elements(_ index: PickleGraph.Index?, in graph: PickleGraph) -> [PickleGraph.Index]? {
    guard let index else { return [] }
    if case .set = graph[index].content { return graph[index].items }
    return graph.elements(index)
  }

  /// Keys and values by turns of a dictionary, or of a list of pairs.
  private static func pairs(_ index: PickleGraph.Index?, in graph: PickleGraph) -> [PickleGraph.Index]? {
    guard let index else { return [] }
    if case .dictionary = graph[index].content { return graph[index].items }
    guard let elements = graph.elements(index) else { return nil }
    var pairs: [PickleGraph.Index] = []
    for element in elements {
      guard let pair = graph.elements(element), pair.count == 2 else { return nil }
      pairs += pair
    }
    return pairs
  }
}
