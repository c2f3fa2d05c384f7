import OrderedCollections
import Tensors

/// What the values of a file of PyTorch mean: where the net is, the optimizer's state, and the training's position.
///
/// `torch.save` has no rules for what people put into a file. The customs are followed, most common first; what is not
/// understood stays as it is among the others.
struct TorchCheckpoint: Sendable {
  /// Keys under which nets are saved.
  static let netKeys = [
    "state_dict", "model_state_dict", "net", "model", "net_state_dict", "network", "network_state_dict", "model_state",
    "module", "weights", "params", "model_weights", "checkpoint",
  ]
  /// Keys under which optimizers are saved.
  static let optimizerKeys = [
    "optimizer", "optimizer_state_dict", "optim", "optim_state_dict", "optimizer_state", "opt", "optimizer_states",
  ]

  private let root: Value
  /// All tensors of the file.
  let tensors: [TorchTensor]
  /// The net, when there is one.
  let net: TorchNet?
  /// Where it stands.
  private let netPath: [String]
  /// The versions of its modules by module path; empty when the file does not say them.
  let moduleVersions: OrderedDictionary<String, Int>
  /// Whether it is all tensors of a file that has no net.
  private let isLoose: Bool
  /// The optimizer, when there is one whose parameters are known.
  let optimizer: MatchedOptimizer?
  /// What the user should know.
  private(set) var warnings: [String]

  /// An optimizer with the names of its parameters.
  struct MatchedOptimizer: Sendable {
    let key: String
    let state: TorchOptimizer
    let names: [Value: String]
    let kind: OptimizerKind?
  }

  /// The names of the net's tensors by number.
  var names: [Int: String] {
    guard let net else { return [:] }
    return Dictionary(net.tensors.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether zoo wrote a dictionary: it says so.
  static func isOwn(_ root: Value) -> Bool { root[zooKey]?["format"]?.string == SnapshotMetadata.format }

  /// Looks for everything.
  /// - Parameters:
  ///   - versions: The versions of modules that the file's dictionaries bear, by place.
  ///   - isOwn: Whether zoo wrote the file: everything has its place then, and nothing is guessed.
  init(
    _ root: Value, _ tensors: [TorchTensor], versions: [[String]: OrderedDictionary<String, Int>] = [:], isOwn: Bool
  ) {
    self.root = root
    self.tensors = tensors
    var budget = Value.Budget(20_000_000)
    let found = (isOwn ? Self.ownNet(in: root, budget: &budget) : nil) ?? Self.findNet(in: root, budget: &budget)
    let net = found?.net ?? (tensors.isEmpty ? nil : Self.looseNet(root, tensors))
    self.net = net
    netPath = found?.path ?? []
    var moduleVersions: OrderedDictionary<String, Int> = [:]
    if let found {
      // Of a wrapper and the module in it, which get one path, the module comes later and counts.
      for (module, version) in versions[found.path] ?? [:] { moduleVersions[found.net.module(module)] = version }
    }
    self.moduleVersions = moduleVersions
    isLoose = found == nil
    warnings = net?.notes ?? []
    var matched: MatchedOptimizer?
    if let net, found != nil, let (key, value) = Self.findOptimizer(in: Self.value(of: root, at: netPath.dropLast())) {
      do {
        let (optimizer, notes) = try Self.match(value, key, net, tensors, isOwn: isOwn)
        matched = optimizer
        warnings += notes
      } catch {
        warnings.append(
          "the state of the optimizer is kept as it is under '\(key.terminalEscaped)', and no training can go on with it: "
            + error.reason)
      }
    }
    optimizer = matched
  }

  // MARK: - The net

  /// The key of the net in files of zoo.
  static let ownNetKey = "net"

  private static func ownNet(in root: Value, budget: inout Value.Budget) -> (path: [String], net: TorchNet)? {
    guard isOwn(root) else { return TorchNet(stateDict: root, budget: &budget, isOwn: true).map { ([], $0) } }
    return root[ownNetKey].flatMap { TorchNet(stateDict: $0, budget: &budget, isOwn: true) }.map { ([ownNetKey], $0) }
  }

  private static func findNet(
    in value: Value, budget: inout Value.Budget, depth: Int = 0
  ) -> (path: [String], net: TorchNet)? {
    if let net = TorchNet(module: value, budget: &budget) ?? TorchNet(script: value, budget: &budget) {
      return ([], net)
    }
    if let entries = value.entries, depth < 3 {
      for key in netKeys {
        guard let member = value[key] else { continue }
        if let (path, net) = findNet(in: member, budget: &budget, depth: depth + 1) { return ([key] + path, net) }
      }
      if let net = TorchNet(stateDict: value, budget: &budget) { return ([], net) }
      // A net under any other name, if it is the only one.
      let nets = entries.compactMap { entry -> (path: [String], net: TorchNet)? in
        guard let key = entry.key.string, !isAside(key), budget.take() else { return nil }
        let net = TorchNet(module: entry.value, budget: &budget) ?? TorchNet(stateDict: entry.value, budget: &budget)
        return net.map { ([key], $0) }
      }
      return nets.count == 1 ? nets.first : nil
    }
    if depth == 0, case .list(let elements) = value, elements.count < 100 {
      return onlyNet(among: elements, budget: &budget)
    }
    if depth == 0, case .tuple(let elements) = value, elements.count < 100 {
      return onlyNet(among: elements, budget: &budget)
    }
    return nil
  }

  private static func onlyNet(
    among elements: [Value], budget: inout Value.Budget
  ) -> (path: [String], net: TorchNet)? {
    var nets: [(path: [String], net: TorchNet)] = []
    for (position, element) in elements.enumerated() {
      if let net = TorchNet(module: element, budget: &budget) ?? TorchNet(stateDict: element, budget: &budget) {
        nets.append(([String(position)], net))
      }
    }
    return nets.count == 1 ? nets.first : nil
  }

  /// Whether a key names tensors that are certainly no net: an optimizer's, or the state of random numbers.
  private static func isAside(_ key: String) -> Bool {
    let key = key.lowercased()
    return ["optim", "rng", "random", "sched", "scaler", "ema_", "_ema"].contains { key.contains($0) } || key == "ema"
  }

  /// All tensors of a file without a net, such as a list of tensors; `nil` for an optimizer's state alone.
  private static func looseNet(_ root: Value, _ tensors: [TorchTensor]) -> TorchNet? {
    TorchOptimizer.isOne(root) ? nil : TorchNet(all: tensors)
  }

  private static func value(of root: Value, at path: ArraySlice<String>) -> Value {
    path.reduce(root) { $0[$1] ?? .null }
  }

  // MARK: - The optimizer

  private static func findOptimizer(in container: Value) -> (key: String, value: Value)? {
    func state(_ value: Value?) -> Value? {
      guard let value else { return nil }
      if TorchOptimizer.isOne(value) { return value }
      // Some frameworks save a list of them, mostly of one.
      guard let elements = value.elements, elements.count == 1, TorchOptimizer.isOne(elements[0]) else { return nil }
      return elements[0]
    }
    for key in optimizerKeys {
      if let value = state(container[key]) { return (key, value) }
    }
    let named = (container.entries ?? []).filter { $0.key.string?.lowercased().contains("optim") ?? false }
    let others = named.prefix(20).compactMap { entry -> (key: String, value: Value)? in
      guard let key = entry.key.string else { return nil }
      return state(entry.value).map { (key, $0) }
    }
    return others.count == 1 ? others.first : nil
  }

  private static func match(
    _ value: Value, _ key: String, _ net: TorchNet, _ tensors: [TorchTensor], isOwn: Bool
  ) throws(TorchOptimizer.Unusable) -> (MatchedOptimizer, [String]) {
    let state = try TorchOptimizer(value)
    let wrappers = ModuleWrappers(state.groups.flatMap { $0.names ?? [] })
    let names = try state.names(
      parameters: net.parameterNames(tensors), shape: { name in net.tensors[name].map { tensors[$0].shape } },
      tensorShape: { tensors[$0].shape }, unwrapped: { isOwn ? $0 : wrappers.unwrapped($0) }, isOwn: isOwn)
    for entries in state.state.values {
      for entry in entries where !isSlot(entry.value) {
        throw TorchOptimizer.Unusable(
          reason:
            "its slot '\((entry.key.string ?? "?").terminalEscaped)' holds something else than tensors and numbers")
      }
    }
    for group in state.groups where !group.hyperparameters.allSatisfy({ $0.key.string != nil && isSetting($0.value) }) {
      throw TorchOptimizer.Unusable(reason: "its hyper-parameters are more than numbers, texts and lists of these")
    }
    let found = state.kind
    var notes: [String] = []
    if found?.isGuess == true {
      notes.append(
        "the optimizer is Adam or AdamW with weight decay, and the file, of an older PyTorch, does not say which; it is taken "
          + "for Adam")
    }
    return (MatchedOptimizer(key: key, state: state, names: names, kind: found?.kind), notes)
  }

  private static func isSlot(_ value: Value) -> Bool {
    switch value {
    case .tensor, .integer, .number, .null: true
    default: false
    }
  }

  private static func isSetting(_ value: Value, isInner: Bool = false) -> Bool {
    switch value {
    case .null: !isInner
    case .bool, .integer, .number, .string: true
    case .tensor: !isInner
    case .list(let elements), .tuple(let elements):
      !isInner && elements.count <= 64 && elements.allSatisfy { isSetting($0, isInner: true) }
    default: false
    }
  }

  // MARK: - Everything else

  /// The dictionary in which the net stands, or the net itself when it stands alone.
  var container: Value { Self.value(of: root, at: netPath.dropLast()) }

  /// What is left when the net, and entries of the dictionary around it, are taken out; `.null` for nothing.
  /// - Parameter consumed: Keys of entries that are told elsewhere.
  func others(without consumed: Set<String>, budget: inout Value.Budget) -> Value {
    guard let net else { return Self.wrapped(Self.removing(consumed, from: root)) }
    if isLoose {
      return Self.wrapped(Self.removing(consumed, from: Self.withoutTensors(root, budget: &budget) ?? .null))
    }
    let rest: Value = net.rest.isEmpty ? .null : .dictionary(net.rest)
    guard !netPath.isEmpty else { return Self.removing(consumed, from: rest) }
    return Self.wrapped(Self.removing(netPath[...], consumed, from: root, leaving: rest))
  }

  /// A dictionary of texts, as others must be.
  private static func wrapped(_ value: Value) -> Value {
    if value == .null { return .null }
    if let entries = value.entries, entries.allSatisfy({ $0.key.string != nil }) {
      return entries.isEmpty ? .null : value
    }
    return .dictionary([Value.Entry("root", value)])
  }

  private static func removing(_ keys: Set<String>, from value: Value) -> Value {
    guard let entries = value.entries else { return value }
    let kept = entries.filter { entry in entry.key.string.map { !keys.contains($0) } ?? true }
    return kept.isEmpty ? .null : .dictionary(kept)
  }

  private static func removing(
    _ path: ArraySlice<String>, _ consumed: Set<String>, from value: Value, leaving rest: Value
  ) -> Value {
    guard let key = path.first else { return rest }
    let inner = path.dropFirst()
    if var elements = value.elements, let position = Int(key) {
      elements[position] = rest
      return .list(elements)
    }
    var entries = value.entries ?? []
    for index in entries.indices.reversed() where entries[index].key == .string(key) {
      let left = removing(inner, consumed, from: entries[index].value, leaving: rest)
      if left == .null { entries.remove(at: index) } else { entries[index].value = left }
    }
    let left = Value.dictionary(entries)
    return inner.isEmpty ? removing(consumed, from: left) : entries.isEmpty ? .null : left
  }

  /// The same tree without its tensors, and without what holds nothing else; `nil` for nothing.
  private static func withoutTensors(_ value: Value, budget: inout Value.Budget) -> Value? {
    guard budget.take() else { return nil }
    switch value {
    case .tensor, .null: return nil
    case .list(let elements): return withoutTensors(elements, budget: &budget).map { .list($0) }
    case .tuple(let elements): return withoutTensors(elements, budget: &budget).map { .tuple($0) }
    case .set(let elements): return withoutTensors(elements, budget: &budget).map { .set($0) }
    case .dictionary(let entries):
      let left = entries.compactMap { entry in
        withoutTensors(entry.value, budget: &budget).map { Value.Entry(entry.key, $0) }
      }
      return left.isEmpty ? nil : .dictionary(left)
    case .record(var record):
      record.state = withoutTensors(record.state, budget: &budget) ?? .null
      record.arguments = record.arguments.map { withoutTensors($0, budget: &budget) ?? .null }
      return .record(record)
    default: return value
    }
  }

  private static func withoutTensors(_ elements: [Value], budget: inout Value.Budget) -> [Value]? {
    let left = elements.map { withoutTensors($0, budget: &budget) ?? .null }
    return left.allSatisfy { $0 == .null } ? nil : left
  }
}
