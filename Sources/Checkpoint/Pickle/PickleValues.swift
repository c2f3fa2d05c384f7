/// Makes a ``Value`` of the objects of a pickle.
///
/// Each object is looked at once, wherever it stands, so time and memory grow with the pickle and not with the tree that it
/// describes. How deep values are nested is limited, as others walk them by recursion.
struct PickleValues<Vocabulary: PickleVocabulary> {
  private var graph: PickleGraph
  /// What the globals mean, with all that it has found.
  private(set) var vocabulary: Vocabulary
  private var made: ChunkedArray<Made?>
  /// Objects that are being made: one of these inside of itself is a circle.
  private var open: Set<PickleGraph.Index> = []
  private var place: [PicklePlace] = []
  private var textLeft = PickleLimits.text
  private var work: Int
  /// Classes that mean nothing here, in the order in which they stand in the file.
  private var unknownClasses: [String] = []
  private var seenClasses: Set<PickleGlobal> = []
  private var notes: [String] = []

  /// A value, and how deep it is nested.
  private struct Made {
    let value: Value
    let height: Int32

    init(value: Value, height: Int) {
      self.value = value
      self.height = Int32(clamping: height)
    }
  }

  /// What a reader of the values should know: which classes mean nothing here.
  var warnings: [String] {
    guard !unknownClasses.isEmpty else { return notes }
    let names = unknownClasses.prefix(12).map(\.terminalEscaped).joined(separator: ", ")
    let rest = unknownClasses.count > 12 ? " and \(unknownClasses.count - 12) more" : ""
    return notes + ["objects of these classes are shown as records of what they were given: \(names)\(rest)"]
  }

  /// Prepares.
  init(_ graph: PickleGraph, vocabulary: Vocabulary) {
    self.graph = graph
    self.vocabulary = vocabulary
    work = 16 * graph.nodes.count + (1 << 16)
    made = ChunkedArray(repeating: nil, count: graph.nodes.count)
  }

  /// The value of the object that was pickled.
  mutating func root() throws -> Value { try value(of: graph.root, depth: 0).value }

  private mutating func value(of index: PickleGraph.Index, depth: Int) throws -> Made {
    if let made = made[Int(index)] { return made }
    guard depth <= PickleLimits.depth else { throw tooDeep }
    // The value itself, and that it is known.
    try graph.spend(48 + MemoryLayout<Made?>.stride)
    if let leaf = try leaf(graph[index]) { return keep(Made(value: leaf, height: 0), as: index) }
    guard open.insert(index).inserted else {
      note("an object holds itself; it is shown as '<itself>' there")
      return Made(value: .record(Value.Record("<itself>")), height: 0)
    }
    defer { open.remove(index) }
    let made = try make(try meaning(of: index), depth: depth)
    guard made.height <= PickleLimits.depth else { throw tooDeep }
    return keep(made, as: index)
  }

  private mutating func keep(_ value: Made, as index: PickleGraph.Index) -> Made {
    made[Int(index)] = value
    return value
  }

  private var tooDeep: CheckpointError {
    graph.error(.refused, "objects are nested deeper than \(PickleLimits.depth)")
  }

  private mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  // MARK: - Objects without others inside

  private mutating func leaf(_ node: PickleGraph.Node) throws -> Value? {
    switch node.content {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .bigInteger(let digits): return .bigInteger(digits)
    case .number(let value): return .number(value)
    case .text(let range):
      try spend(text: range.count)
      if let text = String(validating: graph.source[range], as: UTF8.self) { return .string(text) }
      note("some text is no valid Unicode; what is wrong in it is shown as \u{FFFD}")
      return .string(String(decoding: graph.source[range], as: UTF8.self))
    case .byteText(let range):
      try spend(text: range.count)
      return String(validating: graph.source[range], as: UTF8.self).map { .string($0) }
        ?? .bytes(Array(graph.source[range]))
    case .escapedBytes(let bytes):
      try spend(text: bytes.count)
      return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    case .string(let text):
      try spend(text: text.utf8.count)
      return .string(text)
    case .bytes(let range):
      try spend(text: range.count)
      return .bytes(Array(graph.source[range]))
    case .global(let place): return .record(Value.Record(graph.globals[place].fullName))
    case .list, .tuple, .set, .dictionary, .call, .persistent: return nil
    }
  }

  private mutating func spend(text count: Int) throws {
    textLeft -= count
    if count > 15 { try graph.spend(count + 32) }
    guard textLeft >= 0 else {
      throw graph.error(
        .refused, "the file has more than \(ByteCount.text(PickleLimits.text)) of texts and bytes beside its tensors")
    }
  }

  // MARK: - Objects with others inside

  private mutating func meaning(of index: PickleGraph.Index) throws -> PickleMeaning {
    let node = graph[index]
    switch node.content {
    case .list: return .list(node.items)
    case .tuple: return .tuple(node.items)
    case .set: return .set(node.items)
    case .dictionary: return .dictionary(node.items)
    case .persistent(let id): return try vocabulary.meaning(ofPersistent: id, in: graph, at: place)
    case .call(let place):
      let call = graph.calls[place]
      if let meaning = try vocabulary.meaning(of: index, made: call, in: graph, at: self.place) {
        if case .value(.tensor) = meaning { try graph.spend(PickleLimits.tensor) }
        return meaning
      }
      let callee = graph.global(call.callee)
      noteUnknown(callee)
      return .record(
        callee?.fullName ?? "<object>", arguments: graph.elements(call.arguments) ?? [], call, items: node.items)
    default: preconditionFailure("all other objects are leaves")
    }
  }

  private mutating func noteUnknown(_ callee: PickleGlobal?) {
    guard let callee, callee.nature != .known, !callee.module.hasPrefix("torch.nn.") else { return }
    if seenClasses.insert(callee).inserted { unknownClasses.append(callee.fullName) }
  }

  private mutating func make(_ meaning: PickleMeaning, depth: Int) throws -> Made {
    var height = 0
    switch meaning {
    case .value(let value):
      if case .bytes(let bytes) = value { try spend(text: bytes.count) }
      return Made(value: value, height: 0)
    case .same(let other): return try value(of: other, depth: depth + 1)
    case .list(let items): return Made(value: .list(try values(items, depth, &height)), height: height + 1)
    case .tuple(let items): return Made(value: .tuple(try values(items, depth, &height)), height: height + 1)
    case .set(let items): return Made(value: .set(try values(items, depth, &height)), height: height + 1)
    case .dictionary(let pairs):
      return Made(value: .dictionary(try entries(pairs, depth, &height)), height: height + 1)
    case .record(let name, let arguments, let call, let items):
      var record = Value.Record(name)
      record.arguments = try values(arguments, depth, &height)
      if let keywords = call.keywords {
        record.arguments.append(.dictionary(try entries(graph[keywords].items, depth, &height)))
      }
      var states: [Value] = []
      if let state = call.state {
        let state = try value(of: state, depth: depth + 1)
        height = max(height, Int(state.height))
        states.append(state.value)
      }
      // What a class that is a kind of list or dictionary holds is its state as much as its attributes.
      if !items.isEmpty { states.append(.list(try values(items, depth, &height))) }
      if !call.pairs.isEmpty { states.append(.dictionary(try entries(call.pairs, depth, &height))) }
      record.state = states.count > 1 ? .tuple(states) : states.first ?? .null
      return Made(value: .record(record), height: height + 2)
    }
  }

  private mutating func values(_ items: [PickleGraph.Index], _ depth: Int, _ height: inout Int) throws -> [Value] {
    try spend(work: items.count)
    try graph.spend(32 + 8 * items.count)
    var values: [Value] = []
    values.reserveCapacity(items.count)
    for (position, item) in items.enumerated() {
      place.append(.position(position))
      let made = try value(of: item, depth: depth + 1)
      place.removeLast()
      height = max(height, Int(made.height))
      values.append(made.value)
    }
    return values
  }

  /// Keys and values. When a key stands twice, the later value counts, at the earlier place, as in Python.
  private mutating func entries(
    _ pairs: [PickleGraph.Index], _ depth: Int, _ height: inout Int
  ) throws -> [Value.Entry] {
    try spend(work: pairs.count)
    try graph.spend(32 + 24 * pairs.count)
    var entries: [Value.Entry] = []
    entries.reserveCapacity(pairs.count / 2)
    var positions: [Value: Int] = [:]
    for start in stride(from: 0, to: pairs.count - 1, by: 2) {
      let key = try value(of: pairs[start], depth: depth + 1)
      place.append(.key(pairs[start]))
      let made = try value(of: pairs[start + 1], depth: depth + 1)
      place.removeLast()
      height = max(height, Int(key.height), Int(made.height))
      let entry = Value.Entry(key.value, made.value)
      // Keys that hold others are not compared: that could take long, and no checkpoint has them twice.
      if key.height == 0, let position = positions.updateValue(entries.count, forKey: key.value) {
        positions[key.value] = position
        entries[position] = entry
      } else {
        entries.append(entry)
      }
    }
    return entries
  }

  /// Counts work that is not bounded by the number of objects: what one object has may be asked for by many.
  private mutating func spend(work count: Int) throws {
    work -= count
    guard work >= 0 else {
      throw graph.error(.refused, "the same objects are used so often that the file describes far more than it holds")
    }
  }
}

/// How much of a pickle becomes values.
enum PickleLimits {
  /// How deep values may be nested; Python itself does not pickle much deeper.
  static let depth = 200
  /// Bytes of texts and byte strings beside tensors.
  static let text = 8 << 20
  /// Bytes of memory for a pickle's objects and the values that they become, tensors' descriptions among them.
  static let memory = 48 << 20

  /// Bytes of memory that a tensor's descriptions take.
  static let tensor = 800

  /// The error for a pickle that would take more.
  static func refusal(name: String, path: String) -> CheckpointError {
    CheckpointError(
      .refused, path: path,
      "\(name): the objects of the pickle take more than \(ByteCount.text(memory)) of memory beside the tensors' bytes; a "
        + "checkpoint of that many objects is not read")
  }
}
