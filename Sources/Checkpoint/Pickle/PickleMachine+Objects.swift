extension PickleMachine {
  /// Runs an instruction that makes or changes an object.
  mutating func make(_ opcode: PickleOpcode) throws {
    switch opcode {
    // Containers.
    case .emptyTuple: try push(.tuple)
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .tuple: try push(.tuple, try popToMark())
    case .emptyList: try push(.list)
    case .list: try push(.list, try popToMark())
    case .emptyDictionary: try push(.dictionary)
    case .dictionary: try push(.dictionary, try popPairs())
    case .emptySet: try push(.set)
    case .frozenSet: try push(.set, try popToMark())
    case .append:
      let item = try pop()
      try append([item], to: try top())
    case .appends:
      let items = try popToMark()
      try append(items, to: try top())
    case .addItems:
      let items = try popToMark()
      let set = try top()
      guard case .set = graph[set].content else { throw unfit("an element is added to something that is no set") }
      try graph.spend(8 * items.count + 40)
      graph[set].items += items
    case .setItem:
      let value = try pop()
      let key = try pop()
      try set([key, value], in: try top())
    case .setItems:
      let pairs = try popPairs()
      try set(pairs, in: try top())

    // Objects.
    case .global: try push(try namedOnLines())
    case .stackGlobal:
      let name = try pop()
      let module = try pop()
      guard let name = graph.text(name), let module = graph.text(module) else {
        throw unfit("the name of a function or class is no text")
      }
      try push(PickleGlobal(module: module, name: name))
    case .reduce:
      let arguments = try pop()
      try call(try pop(), try tuple(arguments), isNew: false)
    case .newObject:
      let arguments = try pop()
      try call(try pop(), try tuple(arguments), isNew: true)
    case .newObjectWithKeywords:
      let keywords = try pop()
      let arguments = try pop()
      guard case .dictionary = graph[keywords].content else { throw unfit("keyword arguments are no dictionary") }
      try call(try pop(), try tuple(arguments), keywords: keywords, isNew: true)
    case .instance:
      let global = try namedOnLines()
      let arguments = try popToMark()
      try push(global)
      let callee = try pop()
      try push(.tuple, arguments)
      try call(callee, try pop(), isNew: false)
    case .object:
      var arguments = try popToMark()
      guard !arguments.isEmpty else { throw unfit("an object is made of nothing") }
      let callee = arguments.removeFirst()
      try push(.tuple, arguments)
      try call(callee, try pop(), isNew: false)
    case .build:
      let state = try pop()
      guard case .call(let place) = graph[try top()].content else {
        throw unfit("a state is given to something that has none")
      }
      guard graph.calls[place].state == nil else { throw unfit("an object is given its state twice") }
      graph.calls[place].state = state
    case .persistentID:
      let range = try input.line()
      try push(.text(range))
      try push(.persistent(try pop()))
    case .binaryPersistentID: try push(.persistent(try pop()))
    case .extension1, .extension2, .extension4:
      throw input.error(
        .unsupported, "an object's class is given by a number of a registry that only the program which wrote it has")
    case .nextBuffer, .readOnlyBuffer:
      throw input.error(.unsupported, "an object's bytes were stored apart from the pickle, and are not in this file")
    default: try pushLiteral(opcode)
    }
  }

  private mutating func pushTuple(_ count: Int) throws {
    var items: [PickleGraph.Index] = []
    for _ in 0..<count { items.append(try pop()) }
    try push(.tuple, items.reversed())
  }

  private mutating func popPairs() throws -> [PickleGraph.Index] {
    let pairs = try popToMark()
    guard pairs.count.isMultiple(of: 2) else { throw unfit("a dictionary has a key without a value") }
    return pairs
  }

  private mutating func append(_ items: [PickleGraph.Index], to target: PickleGraph.Index) throws {
    try graph.spend(8 * items.count)
    switch graph[target].content {
    case .list, .call: graph[target].items += items
    default: throw unfit("an element is appended to something that is no list")
    }
  }

  private mutating func set(_ pairs: [PickleGraph.Index], in target: PickleGraph.Index) throws {
    try graph.spend(8 * pairs.count)
    switch graph[target].content {
    case .dictionary: graph[target].items += pairs
    case .call(let place): graph.calls[place].pairs += pairs
    default: throw unfit("an entry is set in something that is no dictionary")
    }
  }

  private mutating func call(
    _ callee: PickleGraph.Index, _ arguments: PickleGraph.Index, keywords: PickleGraph.Index? = nil, isNew: Bool
  ) throws {
    try push(PickleGraph.Call(callee: callee, arguments: arguments, keywords: keywords), isNew: isNew)
  }

  private func tuple(_ index: PickleGraph.Index) throws -> PickleGraph.Index {
    guard case .tuple = graph[index].content else { throw unfit("arguments are no tuple") }
    return index
  }

  /// The function or class that the next two lines name.
  private mutating func namedOnLines() throws -> PickleGlobal {
    let (module, name) = (try input.line(), try input.line())
    guard let module = input.text(module), let name = input.text(name) else {
      throw unfit("the name of a function or class is no text")
    }
    return PickleGlobal(module: module, name: name)
  }

  /// The error for an instruction that does not fit the objects before it.
  func unfit(_ message: String) -> CheckpointError { input.error(.corrupt, message + "; the file is damaged") }
}
