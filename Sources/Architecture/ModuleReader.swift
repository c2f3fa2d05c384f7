import Checkpoint
import Layers
import Tensors
import Yams
import Zoo

/// Builds the modules that a file describes, with what comes in known at every layer.
struct ModuleReader {
  /// A module with what it gives for one image.
  struct Built {
    let module: any Module
    let output: Shape
  }

  /// How convolutions and fully connected layers start.
  struct Initializers {
    var conv = LayerInitializer.torchDefault
    var linear = LayerInitializer.torchDefault
  }

  let blocks: [String: Block]
  let initializers: Initializers
  /// Modules that were built, blocks and lists among them.
  private var count = 0
  private var depth = 0
  /// Where the layers with parameters are in the file, by module path.
  private var owners: [String: Place?] = [:]
  private(set) var parameterCount = 0
  /// Whether what comes in has its channels last, as a map of tokens [H, W, D] has.
  var isChannelsLast = false

  private static let mostModules = 20_000
  private static let deepest = 64
  private static let mostRepeats = 1000
  /// Elements of all parameters: 16 GiB in float32.
  private static let mostParameters = 1 << 32

  init(blocks: [String: Block], initializers: Initializers) {
    self.blocks = blocks
    self.initializers = initializers
  }

  /// What can be called: the modules, and the blocks of the file.
  func signature(_ name: String) -> Signature? { blocks[name]?.signature ?? Signature.modules[name] }

  private func isCallable(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return signature(scalar.string) != nil
  }

  /// A module: a word, a call, a list of modules or a mapping of named ones.
  mutating func module(
    _ node: Node, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    try countModule(at: node.place)
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else {
      throw Problem(node.place, "modules stand in modules more than \(Self.deepest) deep")
    }
    switch node {
    case .scalar(let scalar):
      var name = scalar.string
      guard !name.isEmpty else {
        throw Problem(node.place, "there is nothing here; a module, a list of modules or named ones are expected")
      }
      if name.hasPrefix("$"), case .text(let text) = try Value(node, scope) { name = text }
      guard let signature = signature(name) else { throw unknown(name, node.place) }
      return try module(Call(name, at: node.place, signature), scope, at: path, input: input)
    case .mapping(let mapping):
      guard let first = mapping.first?.key else { return Built(module: Sequential([]), output: input) }
      guard isCallable(first) else {
        return try named(mapping.map { ($0.key, $0.value) }, scope, at: path, input: input)
      }
      return try module(Call(node, known: signature), scope, at: path, input: input)
    case .sequence(let sequence): return try sequential(Array(sequence), scope, at: path, input: input)
    case .alias: throw Problem(node.place, "aliases are not taken")
    }
  }

  /// Refuses networks that a small text makes too large.
  private mutating func countModule(at place: Place?) throws(Problem) {
    count += 1
    guard count <= Self.mostModules else {
      throw Problem(place, "the network has more than \(Self.mostModules) modules")
    }
  }

  /// A call, as often as it says.
  private mutating func module(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    var scope = scope
    scope.values["in"] = channels(of: input)
    guard try isWanted(call, scope) else { return Built(module: Sequential([]), output: input) }
    guard let repeats = try repeats(of: call, scope) else { return try single(call, scope, at: path, input: input) }
    var children: [(name: String, module: any Module)] = []
    var shape = input
    for index in 0..<repeats {
      try countModule(at: call.place)
      scope.values["in"] = channels(of: shape)
      let built = try single(call, scope, at: path.child(index), input: shape)
      children.append((String(index), built.module))
      shape = built.output
    }
    return Built(module: NamedModules(children: children), output: shape)
  }

  /// What `$in` is: the channels of an image [C, H, W], the features of tokens [T, D] and [H, W, D], and of a vector [D].
  private func channels(of shape: Shape) -> Value {
    .integer((shape.rank == 2 || isChannelsLast ? shape.dimensions.last : shape.dimensions.first) ?? 0)
  }

  private func isWanted(_ call: Call, _ scope: Scope) throws(Problem) -> Bool {
    try Arguments(call: call, scope: scope).flag("if") ?? true
  }

  private func repeats(of call: Call, _ scope: Scope) throws(Problem) -> Int? {
    try Arguments(call: call, scope: scope).integer("repeat", in: 0...Self.mostRepeats)
  }

  private mutating func single(
    _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    if let block = blocks[call.name] { return try expand(block, call, scope, at: path, input: input) }
    if let built = try composite(call, scope, at: path, input: input) { return built }
    let leaf = try leaf(call, scope, input: input, at: path)
    try claim(path, call.place, parameters: leaf.parameterCount)
    switch leaf.built.module {
    case let permute as Permute: isChannelsLast = permute.bringsChannelsLast
    default: if leaf.built.output.rank != 3 { isChannelsLast = false }
    }
    return leaf.built
  }

  /// Notes that the parameters of a layer bear a name.
  mutating func claim(_ path: ModulePath, _ place: Place?, parameters: Int) throws(Problem) {
    guard parameters > 0 else { return }
    let (sum, overflow) = parameterCount.addingReportingOverflow(parameters)
    guard !overflow, sum <= Self.mostParameters else {
      throw Problem(place, "\(path): the network has more than \(Self.mostParameters) parameters")
    }
    parameterCount = sum
    let name = path.description
    if let other = owners[name] {
      let before = other.map { " (the other is in line \($0.line))" } ?? ""
      throw Problem(place, "two layers with parameters are called '\(name)'\(before); give one another name")
    }
    owners[name] = place
  }

  // MARK: Lists

  private mutating func sequential(
    _ items: [Node], _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    var children: [(name: String, module: any Module)] = []
    var shape = input
    var scope = scope
    for item in items {
      scope.values["in"] = channels(of: shape)
      if let (key, value) = try namedItem(item) {
        let name = try Self.name(key)
        let built = try self.module(value, scope, at: path.child(name), input: shape, calledLike: key)
        children.append((name, built.module))
        shape = built.output
        continue
      }
      // What is repeated in a list takes as many places in it.
      var copies = 1
      if case .mapping = item {
        let call = try Call(item, known: signature)
        guard try isWanted(call, scope) else { continue }
        copies = try repeats(of: call, scope) ?? 1
        for _ in 0..<copies {
          try countModule(at: call.place)
          scope.values["in"] = channels(of: shape)
          let name = String(children.count)
          let built = try single(call, scope, at: path.child(name), input: shape)
          children.append((name, built.module))
          shape = built.output
        }
        continue
      }
      let name = String(children.count)
      let built = try module(item, scope, at: path.child(name), input: shape)
      children.append((name, built.module))
      shape = built.output
    }
    return Built(module: NamedModules(children: children), output: shape)
  }

  /// The name and the module of an item `name: module`; `nil` for an item without a name.
  private func namedItem(_ item: Node) throws(Problem) -> (key: Node, value: Node)? {
    guard case .mapping(let mapping) = item, let first = mapping.first, !isCallable(first.key) else { return nil }
    guard mapping.count == 1 else {
      guard case .scalar(let scalar) = first.key else { throw Problem(first.key.place, "a name must be a word") }
      throw unknown(
        scalar.string, first.key.place, hint: "each layer of a list begins with a dash of its own, '- name: …'")
    }
    return (first.key, first.value)
  }

  private mutating func named(
    _ pairs: [(Node, Node)], _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    var children: [(name: String, module: any Module)] = []
    var shape = input
    var scope = scope
    for (key, value) in pairs {
      scope.values["in"] = channels(of: shape)
      let name = try Self.name(key)
      let built = try module(value, scope, at: path.child(name), input: shape, calledLike: key)
      children.append((name, built.module))
      shape = built.output
    }
    return Built(module: NamedModules(children: children), output: shape)
  }

  /// A module with a name, which may have been meant to be the module: `Dropot: 0.5`, `GroupNorm: 4`.
  private mutating func module(
    _ node: Node, _ scope: Scope, at path: ModulePath, input: Shape, calledLike key: Node
  ) throws(Problem) -> Built {
    if let name = key.scalar?.string {
      if isArgument(node, scope) { throw unknown(name, key.place) }
      if case .scalar(let scalar) = node, signature(scalar.string) == nil, !scalar.string.hasPrefix("$") {
        if let near = callable(near: name).first, callable(near: scalar.string).isEmpty {
          throw Problem(
            node.place, "no module or block is called '\(name.terminalEscaped)'; did you mean '\(near)'?")
        }
      }
    }
    return try module(node, scope, at: path, input: input)
  }

  /// Whether a value cannot be layers but an argument: a number, a truth value, or a list of them.
  private func isArgument(_ node: Node, _ scope: Scope) -> Bool {
    switch node {
    case .scalar:
      switch try? Value(node, scope) {
      case .integer, .number, .flag: return true
      default: return false
      }
    case .sequence(let items): return !items.isEmpty && items.allSatisfy { isArgument($0, scope) }
    case .mapping, .alias: return false
    }
  }

  /// The name of a layer.
  static func name(_ node: Node) throws(Problem) -> String {
    guard case .scalar(let scalar) = node else { throw Problem(node.place, "a name must be a word") }
    let name = scalar.string
    guard !name.isEmpty, name.utf8.count <= 64,
      name.utf8.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
      })
    else {
      throw Problem(
        node.place,
        "'\(name.prefix(64).description.terminalEscaped)' is no name: up to 64 letters, digits and '_', without dots")
    }
    return name
  }

  /// The names of modules and blocks.
  private var callables: [String] { Signature.modules.keys.sorted() + blocks.keys.sorted() }

  /// Those that may have been meant; of a letter or two everything is near.
  private func callable(near name: String) -> [String] {
    name.count < 3 ? [] : nearestNames(to: name, among: callables)
  }

  /// That there is no such module or block.
  func unknown(_ name: String, _ place: Place?, hint: String? = nil) -> Problem {
    let near = callable(near: name).map { "'\($0)'" }
    let advice =
      near.isEmpty
      ? hint ?? "there are \(callables.joined(separator: ", "))" : "did you mean \(near.joined(separator: " or "))?"
    return Problem(
      place, "no module or block is called '\(name.prefix(64).description.terminalEscaped)'; \(advice)")
  }

  // MARK: Blocks

  /// A block with its arguments, at the place of the call.
  private mutating func expand(
    _ block: Block, _ call: Call, _ scope: Scope, at path: ModulePath, input: Shape
  ) throws(Problem) -> Built {
    if scope.calls.contains(block.name) {
      throw Problem(
        call.place,
        "blocks are built of each other without end: \((scope.calls + [block.name]).joined(separator: " → "))")
    }
    let arguments = Arguments(call: call, scope: scope)
    var inner = Scope(values: ["classes": scope.values["classes"] ?? .none], calls: scope.calls + [block.name])
    for argument in block.arguments {
      guard let value = try arguments.value(argument.name) ?? argument.standard else {
        throw arguments.missing(argument.name)
      }
      inner.values[argument.name] = value
    }
    inner.values["in"] = scope.values["in"]
    return try module(block.layers, inner, at: path, input: input)
  }
}
