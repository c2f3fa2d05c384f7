import Checkpoint
import Tensors

/// The contents of a file as a tree, indented by two spaces for each level.
///
/// Values share parts, so that a small file can describe a huge tree: what is beyond some thousand lines is left out, and
/// that is said.
struct InspectionTree {
  private static let most = 5000
  private static let deepest = 60

  private let contents: FileContents
  private let width: Int
  private var lines: [String] = []
  /// The tensors that stand among the values.
  private var shown: Set<Int> = []
  private var isCut = false

  /// The lines of the tree: the values first, then the tensors that do not stand among them, by their path.
  static func lines(_ contents: FileContents, width: Int) -> [String] {
    var tree = InspectionTree(contents: contents, width: width)
    if contents.values != .null { tree.add(contents.values, key: "", depth: -1) }
    var rest = PathTree()
    for tensor in contents.tensors where !tree.shown.contains(tensor.index) { rest.add(tensor, tensor.path[...]) }
    tree.add(rest, depth: 0)
    if tree.isCut {
      tree.lines.append("… more than \(most) lines, or nested deeper than \(deepest); --json shows more")
    }
    return tree.lines
  }

  private init(contents: FileContents, width: Int) {
    self.contents = contents
    self.width = width
  }

  /// Tensors by the parts of their paths.
  private struct PathTree {
    var tensors: [StoredTensor] = []
    var names: [String] = []
    var members: [String: PathTree] = [:]

    mutating func add(_ tensor: StoredTensor, _ path: ArraySlice<String>) {
      guard let name = path.first else { return tensors.append(tensor) }
      if members[name] == nil { names.append(name) }
      members[name, default: PathTree()].add(tensor, path.dropFirst())
    }
  }

  private mutating func add(_ tree: PathTree, depth: Int) {
    for name in tree.names {
      guard let member = tree.members[name] else { continue }
      let leaf = member.tensors.first.map { " " + Self.text($0) } ?? ""
      line(name.terminalEscaped + leaf, depth)
      for tensor in member.tensors.dropFirst() { line(Self.text(tensor), depth + 1) }
      if isCut { return }
      add(member, depth: depth + 1)
    }
  }

  private static func text(_ tensor: StoredTensor) -> String {
    "\(tensor.dtype.rawValue) \(tensor.shape.compactDescription)"
  }

  private mutating func line(_ text: String, _ depth: Int) {
    guard lines.count < Self.most, depth < Self.deepest else {
      isCut = true
      return
    }
    lines.append(TerminalText.truncated(String(repeating: "  ", count: max(0, depth)) + text, to: width))
  }

  private mutating func add(_ value: Value, key: String, depth: Int) {
    guard !isCut else { return }
    let label = key.isEmpty ? "" : key + " "
    switch value {
    case .dictionary(let entries):
      open("{\(entries.count)}", key, depth)
      for entry in entries { add(entry.value, key: text(entry.key), depth: depth + 1) }
    case .list(let elements): add(elements, "[\(elements.count)]", key, depth)
    case .tuple(let elements): add(elements, "(\(elements.count))", key, depth)
    case .set(let elements): add(elements, "set of \(elements.count)", key, depth)
    case .record(let record):
      open(record.className.terminalEscaped, key, depth)
      for (index, argument) in record.arguments.enumerated() { add(argument, key: "(\(index))", depth: depth + 1) }
      if record.state != .null { add(record.state, key: "state", depth: depth + 1) }
    case .tensor(let index) where contents.tensors.indices.contains(index):
      shown.insert(index)
      line(label + Self.text(contents.tensors[index]), depth)
    default: line(label + text(value), max(depth, 0))
    }
  }

  /// Short lists of plain values stand on one line.
  private mutating func add(_ elements: [Value], _ kind: String, _ key: String, _ depth: Int) {
    let isPlain = elements.count <= 16 && elements.allSatisfy { $0.elements == nil && $0.isPlain }
    if isPlain {
      let texts = elements.map { text($0) }
      return line((key.isEmpty ? "" : key + " ") + "[" + texts.joined(separator: ", ") + "]", max(depth, 0))
    }
    open(kind, key, depth)
    for (index, element) in elements.enumerated() { add(element, key: "\(index)", depth: depth + 1) }
  }

  /// The line of something that has parts; the outermost has none.
  private mutating func open(_ kind: String, _ key: String, _ depth: Int) {
    if depth >= 0 { line(key.isEmpty ? kind : key + " " + kind, depth) }
  }

  private func text(_ value: Value) -> String {
    var budget = Value.Budget(500)
    let text = InspectionText.text(value, contents, &budget)
    return text.count > 200 ? text.prefix(200) + "…" : text
  }
}

extension Value {
  /// Whether it is shown in a few characters.
  fileprivate var isPlain: Bool {
    switch self {
    case .null, .bool, .integer, .number, .bigInteger, .complex: true
    case .string(let text): text.utf8.count < 40
    default: false
    }
  }
}
