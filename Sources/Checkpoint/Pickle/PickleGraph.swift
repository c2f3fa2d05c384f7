/// What a pickle describes: its objects, numbered in the order in which they were made.
///
/// Objects name each other by number. So one can stand in many places or within itself, the file decides how deep they are
/// nested, and nothing here walks them by recursion.
struct PickleGraph {
  /// The number of an object.
  typealias Index = Int32

  /// One object.
  struct Node {
    enum Content {
      case none
      case bool(Bool)
      case integer(Int)
      /// In decimal.
      case bigInteger(String)
      case number(Double)
      /// A text, whose UTF-8 stands here in the pickle.
      case text(Range<Int>)
      /// A `str` of Python 2, which may be a text or bytes.
      case byteText(Range<Int>)
      /// A text that the pickle writes with escapes.
      case string(String)
      case bytes(Range<Int>)
      /// A `str` of Python 2 that the pickle writes with escapes.
      case escapedBytes([UInt8])
      case list, tuple, set
      /// ``Node/items`` are keys and values by turns.
      case dictionary
      /// A function or class that is named: its place in ``PickleGraph/globals``.
      case global(Int)
      /// An object made by a function or class: its place in ``PickleGraph/calls``.
      case call(Int)
      /// Something that lies outside of the pickle, by the object that identifies it.
      case persistent(Index)
    }

    var content: Content
    /// The elements of a container, or what was appended to a made object.
    var items: [Index] = []
  }

  /// How an object is made: `callee(*arguments)`, what is set in it afterwards, and its state.
  struct Call {
    var callee: Index
    /// A tuple.
    var arguments: Index
    /// Keyword arguments, a dictionary.
    var keywords: Index?
    /// What it would be given as its state.
    var state: Index?
    /// Keys and values by turns that were set in it.
    var pairs: [Index] = []
  }

  /// The bytes of the pickle.
  let source: ByteRegion
  /// What the pickle is called, for errors.
  let name: String
  /// The file, for errors.
  let path: String
  /// All objects.
  var nodes = ChunkedArray<Node>()
  /// How the made ones are made.
  var calls = ChunkedArray<Call>()
  /// The functions and classes that are named.
  var globals: [PickleGlobal] = []
  /// The object that was pickled.
  var root: Index = 0
  /// Where the pickle ends in ``source``.
  var end = 0
  /// The bytes of memory that all this takes.
  var cost = 0

  subscript(index: Index) -> Node {
    get { nodes[Int(index)] }
    _modify { yield &nodes[Int(index)] }
  }

  /// Counts memory that the objects, or what is made of them, take.
  /// - Throws: ``CheckpointError/Code/refused`` when it is more than ``PickleLimits/memory``.
  mutating func spend(_ byteCount: Int) throws {
    cost += byteCount
    guard cost <= PickleLimits.memory else { throw PickleLimits.refusal(name: name, path: path) }
  }

  /// An error in what the pickle says.
  func error(_ code: CheckpointError.Code, _ message: String) -> CheckpointError {
    CheckpointError(code, path: path, "\(name): \(message)")
  }
}

// MARK: - Looking at objects

extension PickleGraph {
  /// The elements, when the object is a tuple or list.
  func elements(_ index: Index) -> [Index]? {
    switch self[index].content {
    case .tuple, .list: self[index].items
    default: nil
    }
  }

  /// The whole number, when it is one.
  func integer(_ index: Index) -> Int? {
    switch self[index].content {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The truth value, when it is one, also as a number.
  func bool(_ index: Index) -> Bool? {
    switch self[index].content {
    case .bool(let value): value
    case .integer(let value) where value == 0 || value == 1: value == 1
    default: nil
    }
  }

  /// Whole numbers that are not negative, when the object is a tuple or list of them, or an object made of such a one
  /// (`torch.Size`).
  /// - Parameter limit: A longer list is none: many objects may ask for the same.
  func integers(_ index: Index, atMost limit: Int = 64) -> [Int]? {
    var list = elements(index)
    if let (_, arguments) = made(index), arguments.count == 1 { list = elements(arguments[0]) }
    guard let list, list.count <= limit else { return nil }
    return list.integersIfAll(integer)
  }

  /// The text, when it is one.
  /// - Parameter limit: A text of more bytes is none: many objects may ask for the same.
  func text(_ index: Index, atMost limit: Int = 4096) -> String? {
    switch self[index].content {
    case .text(let range), .byteText(let range):
      range.count <= limit ? String(validating: source[range], as: UTF8.self) : nil
    case .string(let text): text.utf8.count <= limit ? text : nil
    default: nil
    }
  }

  /// Whether the object is Python's `None`.
  func isNone(_ index: Index) -> Bool {
    if case .none = self[index].content { true } else { false }
  }

  /// The function or class, when the object is one.
  ///
  /// PyTorch before 1.6 named the class of a module as something outside of the pickle, with its source:
  /// `("module", class, file, source)`, and before that without the first word. The class counts, not the source.
  func global(_ index: Index) -> PickleGlobal? {
    switch self[index].content {
    case .global(let place): return globals[place]
    case .persistent(let id):
      guard let parts = elements(id), let first = parts.first else { return nil }
      let named = parts.count > 1 && text(first) == "module" ? parts[1] : first
      if case .global(let place) = self[named].content { return globals[place] }
      return nil
    default: return nil
    }
  }

  /// How the object is made, when a named function or class makes it.
  func made(_ index: Index) -> (callee: PickleGlobal, arguments: [Index])? {
    guard case .call(let place) = self[index].content else { return nil }
    let call = calls[place]
    guard let callee = global(call.callee), let arguments = elements(call.arguments) else { return nil }
    return (callee, arguments)
  }

  /// How the object is made, when something makes it.
  func call(_ index: Index) -> Call? {
    if case .call(let place) = self[index].content { calls[place] } else { nil }
  }
}

extension [PickleGraph.Index] {
  fileprivate func integersIfAll(_ integer: (Element) -> Int?) -> [Int]? {
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    for element in self {
      guard let number = integer(element), number >= 0 else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
