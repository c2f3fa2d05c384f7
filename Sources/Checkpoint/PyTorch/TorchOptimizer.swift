import OrderedCollections
import Tensors

/// An optimizer's state dict: parameters by number, as PyTorch saves it.
struct TorchOptimizer: Sendable {
  /// Parameters that share hyper-parameters.
  struct Group: Sendable {
    /// What is set, but for the parameters.
    let hyperparameters: [Value.Entry]
    /// The parameters' numbers; memory addresses in old files.
    let ids: [Value]
    /// Their names, when the optimizer was built of named parameters.
    let names: [String]?
  }

  /// Why a state dict cannot be used as one.
  struct Unusable: Error {
    let reason: String
  }

  let groups: [Group]
  /// The slots of each parameter that has a state.
  let state: OrderedDictionary<Value, [Value.Entry]>

  /// Whether a value is the state dict of an optimizer.
  static func isOne(_ value: Value) -> Bool { value["state"]?.entries != nil && value["param_groups"]?.elements != nil }

  /// Reads a state dict.
  init(_ value: Value) throws(Unusable) {
    var groups: [Group] = []
    var known: Set<Value> = []
    // The same dictionary may stand for many groups or states.
    var size = 0
    func count(_ entries: [Value.Entry]) throws(Unusable) {
      size += entries.count
      guard size <= 2_000_000 else { throw Unusable(reason: "it has more than two million entries") }
    }
    for group in value["param_groups"]?.elements ?? [] {
      guard let entries = group.entries, let ids = group["params"]?.elements, ids.allSatisfy(Self.isNumber) else {
        throw Unusable(reason: "parameter group \(groups.count) has no list of numbers 'params'")
      }
      try count(entries)
      for id in ids where !known.insert(id).inserted {
        throw Unusable(reason: "a parameter is in two groups")
      }
      var names: [String]?
      if let given = group["param_names"]?.elements {
        let texts = given.compactMap(\.string)
        guard texts.count == given.count, texts.count == ids.count else {
          throw Unusable(
            reason: "'param_names' of parameter group \(groups.count) does not name each of its parameters")
        }
        names = texts
      }
      let hyperparameters = entries.filter { $0.key != .string("params") && $0.key != .string("param_names") }
      groups.append(Group(hyperparameters: hyperparameters, ids: ids, names: names))
    }
    var state: OrderedDictionary<Value, [Value.Entry]> = [:]
    for entry in value["state"]?.entries ?? [] {
      guard Self.isNumber(entry.key), known.contains(entry.key) else {
        throw Unusable(reason: "it has a state for a parameter that is in no group")
      }
      guard let slots = entry.value.entries else { throw Unusable(reason: "the state of a parameter is no dictionary") }
      try count(slots)
      state[entry.key] = slots
    }
    self.groups = groups
    self.state = state
  }

  private static func isNumber(_ value: Value) -> Bool {
    switch value {
    case .integer, .bigInteger: true
    default: false
    }
  }

  /// All slots that any parameter has.
  var slots: Set<String> {
    var slots: Set<String> = []
    for entries in state.values {
      for entry in entries where entry.value != .null { if let name = entry.key.string { slots.insert(name) } }
    }
    return slots
  }

  /// The rule, by hyper-parameters and slots.
  var kind: (kind: OptimizerKind, isGuess: Bool)? {
    guard let first = groups.first else { return nil }
    func values(_ key: String) -> [Value] {
      groups.compactMap { group in group.hyperparameters.last { $0.key == .string(key) }?.value }
    }
    return OptimizerKind.of(
      keys: Set(first.hyperparameters.compactMap(\.key.string)), slots: slots,
      isDecoupled: values("decoupled_weight_decay").compactMap(\.bool).first,
      hasWeightDecay: values("weight_decay").contains { ($0.double ?? 0) != 0 })
  }

  // MARK: - Which parameter is which

  /// The name of each parameter.
  /// - Parameters:
  ///   - parameters: The names of the net's parameters, in the order of `net.parameters()`.
  ///   - shape: The shape of a tensor of the net.
  ///   - tensorShape: The shape of a tensor of the file.
  ///   - isOwn: Whether zoo wrote the names: they are right then, even if the net in the file lacks parameters.
  /// - Throws: When more than one answer fits, or none. Nothing is ever guessed.
  func names(
    parameters: [String], shape: (String) -> Shape?, tensorShape: (Int) -> Shape, unwrapped: (String) -> String,
    isOwn: Bool = false
  ) throws(Unusable) -> [Value: String] {
    let shapes = groups.map { $0.ids.map { parameterShape($0, tensorShape) } }
    let given = groups.compactMap { group in group.names.map { $0.map(unwrapped) } }
    guard given.count == groups.count else {
      let places = try ParameterMatching.match(
        groups: shapes, parameters: parameters.map { name in shape(name) ?? Shape([]) })
      var names: [Value: String] = [:]
      for (group, places) in zip(groups, places) {
        for (id, place) in zip(group.ids, places) { names[id] = parameters[place] }
      }
      return names
    }
    var names: [Value: String] = [:]
    var seen: Set<String> = []
    for (group, (given, shapes)) in zip(groups, zip(given, shapes)) {
      for (id, (name, wanted)) in zip(group.ids, zip(given, shapes)) {
        guard let found = shape(name) ?? (isOwn ? wanted ?? Shape([]) : nil) else {
          throw Unusable(reason: "it has a parameter '\(name.terminalEscaped)', which the net has not")
        }
        guard wanted == nil || wanted == found else {
          throw Unusable(
            reason:
              "its state for '\(name.terminalEscaped)' has shape \(wanted ?? Shape([])), and the parameter \(found)")
        }
        guard seen.insert(name).inserted else {
          throw Unusable(reason: "it has two parameters called '\(name.terminalEscaped)'")
        }
        names[id] = name
      }
    }
    return names
  }

  /// The shape of a parameter as its state has it; `nil` when the state does not say.
  private func parameterShape(_ id: Value, _ shape: (Int) -> Shape) -> Shape? {
    for entry in state[id] ?? [] {
      if let name = entry.key.string, OptimizerKind.slotsLikeParameter.contains(name), let tensor = entry.value.tensor {
        return shape(tensor)
      }
    }
    return nil
  }
}
