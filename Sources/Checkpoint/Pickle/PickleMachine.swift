/// Runs a pickle without doing what it says: instead of calling functions and making objects, it notes down which ones.
///
/// Each instruction takes at least one byte, and none repeats others, so time grows with the number of bytes. Each makes
/// at most one object; the memory of all is counted (``PickleLimits/memory``), and texts and bytes stay where they are in
/// the file. Nothing is nested on the machine's own stack.
struct PickleMachine {
  var input: PickleInput
  var graph: PickleGraph
  /// Objects that are being put together.
  private var stack: [PickleGraph.Index] = []
  /// Where the stack's marks stand.
  private var marks: [Int] = []
  private var memo: [PickleGraph.Index] = []
  /// Objects under numbers that are far from the others.
  private var sparseMemo: [Int: PickleGraph.Index] = [:]
  private var small = [PickleGraph.Index](repeating: -1, count: 256)
  private var constants: [Bool?: PickleGraph.Index] = [:]
  private var globalIndices: [PickleGlobal: Int] = [:]
  private let isInert: Bool
  /// The most objects and marks that the stack had so far.
  private var highest = (stack: 0, marks: 0)

  /// Runs a pickle.
  /// - Parameters:
  ///   - source: The bytes that it lies in.
  ///   - start: Where it begins there.
  ///   - name: What it is called, for errors.
  ///   - path: The file, for errors.
  ///   - isInert: Whether calls that are refused otherwise are noted down as well.
  /// - Throws: ``CheckpointError/Code/refused`` with the name of a function that the pickle would call.
  static func run(
    _ source: ByteRegion, at start: Int = 0, name: String, path: String, inert isInert: Bool = false
  ) throws -> PickleGraph {
    var machine = PickleMachine(source, at: start, name: name, path: path, inert: isInert)
    while try machine.step() {}
    machine.graph.end = machine.input.position
    return machine.graph
  }

  private init(_ source: ByteRegion, at start: Int, name: String, path: String, inert isInert: Bool) {
    input = PickleInput(source.bytes, at: start, name: name, path: path)
    graph = PickleGraph(source: source, name: name, path: path)
    self.isInert = isInert
  }

  /// Runs one instruction.
  /// - Returns: Whether there are more.
  private mutating func step() throws -> Bool {
    let byte = try input.byte()
    guard let opcode = PickleOpcode(rawValue: byte) else {
      throw input.error(.corrupt, "\(byte) is no instruction of a pickle; the file is damaged or no pickle")
    }
    switch opcode {
    case .stop:
      graph.root = try pop()
      return false
    case .protocol:
      let version = try input.byte()
      guard version <= 5 else {
        throw input.error(.unsupported, "the pickle has protocol \(version); this build knows protocols 0 to 5")
      }
    case .frame: _ = try input.integer(UInt64.self)  // Only a hint for how much to read at once.
    case .mark: marks.append(stack.count)
    case .pop:
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())
    case .get: stack.append(try remembered(try decimal()))
    case .binaryGet: stack.append(try remembered(Int(try input.byte())))
    case .longBinaryGet: stack.append(try remembered(Int(try input.integer(UInt32.self))))
    case .put: try remember(try top(), as: try decimal())
    case .binaryPut: try remember(try top(), as: Int(try input.byte()))
    case .longBinaryPut: try remember(try top(), as: Int(try input.integer(UInt32.self)))
    case .memoize: try remember(try top(), as: memo.count + sparseMemo.count)
    default: try make(opcode)
    }
    try countStack()
    return true
  }

  private mutating func countStack() throws {
    guard stack.count > highest.stack || marks.count > highest.marks else { return }
    let grown = (max(0, stack.count - highest.stack), max(0, marks.count - highest.marks))
    try graph.spend(grown.0 * 8 + grown.1 * 16)
    highest = (max(stack.count, highest.stack), max(marks.count, highest.marks))
  }

  // MARK: - The stack

  mutating func push(_ content: PickleGraph.Node.Content, _ items: [PickleGraph.Index] = []) throws {
    stack.append(try add(content, items))
  }

  mutating func push(_ index: PickleGraph.Index) { stack.append(index) }

  private mutating func add(
    _ content: PickleGraph.Node.Content, _ items: [PickleGraph.Index]
  ) throws -> PickleGraph.Index {
    try graph.spend(MemoryLayout<PickleGraph.Node>.stride + (items.isEmpty ? 0 : 40 + 4 * items.count))
    graph.nodes.append(PickleGraph.Node(content: content, items: items))
    return PickleGraph.Index(graph.nodes.count - 1)
  }

  /// Pushes a small number, of which one object is enough.
  mutating func push(small value: UInt8) throws {
    if small[Int(value)] < 0 { small[Int(value)] = try add(.integer(Int(value)), []) }
    stack.append(small[Int(value)])
  }

  /// Pushes `None`, `True` or `False`, of which there is one each.
  mutating func push(constant value: Bool?) throws {
    if let index = constants[value] { return stack.append(index) }
    let index = try add(value.map { .bool($0) } ?? .none, [])
    constants[value] = index
    stack.append(index)
  }

  /// Pushes a function or class.
  mutating func push(_ global: PickleGlobal) throws {
    let place =
      try globalIndices[global]
      ?? {
        try graph.spend(256 + global.module.utf8.count + global.name.utf8.count)
        graph.globals.append(global)
        globalIndices[global] = graph.globals.count - 1
        return graph.globals.count - 1
      }()
    try push(.global(place))
  }

  /// Pushes what a function or class makes, if that may stand in a file.
  /// - Parameter isNew: Whether it is made as an object of a class without calling it.
  mutating func push(_ call: PickleGraph.Call, isNew: Bool) throws {
    if !isInert { try check(call, isNew: isNew) }
    try graph.spend(MemoryLayout<PickleGraph.Call>.stride)
    graph.calls.append(call)
    try push(.call(graph.calls.count - 1))
  }

  private func check(_ call: PickleGraph.Call, isNew: Bool) throws {
    let hint = "nothing was called. If you do not trust the file, delete it; 'zoo inspect --inert' shows what it holds"
    guard let callee = graph.global(call.callee) else {
      throw input.error(.refused, "the file would call something that it makes itself; \(hint)")
    }
    guard callee.nature == .action, !(isNew && !callee.isOfActingModule) else { return }
    throw input.error(.refused, "the file would call \(callee.fullName.terminalEscaped); \(hint)")
  }

  /// The object on top.
  func top() throws -> PickleGraph.Index {
    guard let top = stack.last, stack.count > marks.last ?? 0 else { throw underflow }
    return top
  }

  /// Takes the object on top.
  mutating func pop() throws -> PickleGraph.Index {
    let top = try top()
    stack.removeLast()
    return top
  }

  /// Takes the objects down to the last mark, and the mark.
  mutating func popToMark() throws -> [PickleGraph.Index] {
    guard let mark = marks.popLast() else { throw underflow }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private var underflow: CheckpointError {
    input.error(.corrupt, "an instruction needs an object that was not made before; the file is damaged")
  }

  // MARK: - The memo

  private func remembered(_ number: Int) throws -> PickleGraph.Index {
    if number < memo.count { return memo[number] }
    guard let index = sparseMemo[number] else {
      throw input.error(.corrupt, "object \(number) is named before it is made; the file is damaged")
    }
    return index
  }

  private mutating func remember(_ index: PickleGraph.Index, as number: Int) throws {
    if number < memo.count {
      memo[number] = index
    } else if number == memo.count {
      try graph.spend(8)
      memo.append(index)
    } else {
      try graph.spend(48)
      sparseMemo[number] = index
    }
  }

  private mutating func decimal() throws -> Int {
    let line = try input.line()
    guard let text = input.text(line), let number = Int(text), number >= 0 else {
      throw input.error(.corrupt, "the number of an object is no whole number; the file is damaged")
    }
    return number
  }
}
