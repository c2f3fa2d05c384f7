import OrderedCollections
import Tensors

/// Writes the pickle of a file of PyTorch. Its tensors get the numbers of records in the order in which they come.
struct TorchPickling {
  private var encoder = PickleEncoder()
  /// The tensors, in the order of their records.
  private(set) var tensors: [TensorSource] = []
  /// What could not be written as it is.
  private(set) var losses: [Loss] = []
  private var budget = Value.Budget()
  /// What the encoder remembers the tensors among the others by.
  private var otherNumbers: [Int: UInt32] = [:]
  private let snapshot: LazySnapshot

  /// The pickle.
  var pickle: [UInt8] { encoder.bytes }

  /// Lays a snapshot out as PyTorch's scripts do: the state dict alone when there is nothing else that such a script knows
  /// of, and otherwise a dictionary of `net`, `optimizer`, `epoch`, `step`, the others, and `zoo` for the rest.
  init(_ snapshot: LazySnapshot, metadata: JSONValue?) {
    self.snapshot = snapshot
    if Self.isBare(snapshot) {
      addNet()
    } else {
      encoder.openDictionary()
      var keys: Set<String> = []
      if !snapshot.net.isEmpty || metadata != nil {
        add(key: TorchCheckpoint.ownNetKey, &keys)
        addNet()
      }
      if let optimizer = snapshot.metadata.optimizer {
        add(key: "optimizer", &keys)
        add(optimizer)
      }
      if let position = snapshot.metadata.position {
        add(key: "epoch", &keys)
        encoder.add(position.epoch)
        add(key: "step", &keys)
        encoder.add(position.step)
      }
      for entry in TorchCustoms.entries(of: snapshot.metadata) where !keys.contains(entry.key) {
        add(key: entry.key, &keys)
        add(entry.value, at: [entry.key])
      }
      if let metadata {
        add(key: TorchCheckpoint.zooKey, &keys)
        add(Value(metadata.naming(snapshot)), at: [TorchCheckpoint.zooKey])
      }
      for entry in snapshot.others.entries ?? [] { add(other: entry, &keys) }
      encoder.closeDictionary()
      for (index, name) in snapshot.otherTensors.keys.enumerated() where otherNumbers[index] == nil {
        losses.append(Loss("the tensor '\(name)'", why: "nothing among the others refers to it"))
      }
    }
    encoder.finish()
  }

  /// Whether the state dict alone is all of a snapshot that PyTorch's scripts know of.
  static func isBare(_ snapshot: LazySnapshot) -> Bool {
    snapshot.metadata.optimizer == nil && snapshot.metadata.position == nil && snapshot.others == .null
  }

  private mutating func add(key: String, _ keys: inout Set<String>) {
    keys.insert(key)
    encoder.add(key)
  }

  // MARK: - Tensors

  private mutating func addNet() {
    encoder.openOrderedDictionary()
    for (name, tensor) in snapshot.net {
      encoder.add(name)
      add(tensor)
    }
    encoder.closeDictionary()
    addModuleVersions()
  }

  /// The attribute `_metadata` of the state dict, as `Module.state_dict()` gives it one.
  private mutating func addModuleVersions() {
    guard !snapshot.metadata.moduleVersions.isEmpty else { return }
    encoder.openAttributes()
    encoder.add(ModuleVersions.torchAttribute)
    encoder.openOrderedDictionary()
    for (module, version) in snapshot.metadata.moduleVersions {
      encoder.add(module)
      encoder.openDictionary()
      encoder.add(ModuleVersions.torchVersion)
      encoder.add(version)
      encoder.closeDictionary()
    }
    encoder.closeDictionary()
    encoder.closeAttributes()
  }

  private mutating func add(_ tensor: TensorSource) {
    encoder.addTensor(
      key: String(tensors.count), dtype: tensor.dtype.rawValue, storage: TorchTypes.storage(of: tensor.dtype),
      shape: tensor.shape.dimensions, strides: TorchTensor.contiguousStrides(tensor.shape), count: tensor.shape.count,
      byteCount: tensor.byteCount)
    tensors.append(tensor)
  }

  // MARK: - The optimizer

  /// Parameters by number, in the order of the groups, and their names beside.
  private mutating func add(_ optimizer: OptimizerSnapshot) {
    let kind = OptimizerKind(rawValue: optimizer.kind)
    let names = OrderedSet(optimizer.groups.flatMap(\.parameters))
    encoder.openDictionary()
    encoder.add("state")
    encoder.openDictionary()
    for (parameter, slots) in snapshot.optimizerState {
      guard let number = names.firstIndex(of: parameter) else {
        losses.append(
          Loss(
            "the optimizer's state of '\(parameter)'",
            why: "PyTorch numbers the parameters of groups, and it is in none"))
        continue
      }
      encoder.add(number)
      encoder.openDictionary()
      if kind?.hasSteps == true, slots["step"] == nil, !slots.isEmpty {
        encoder.add("step")
        add(TensorSource(Tensor(scalar: Float(optimizer.step))))
      }
      for (slot, tensor) in slots {
        encoder.add(slot)
        add(tensor)
      }
      encoder.closeDictionary()
    }
    encoder.closeDictionary()
    encoder.add("param_groups")
    encoder.openList()
    for group in optimizer.groups { add(group, kind, names) }
    encoder.closeList()
    encoder.closeDictionary()
  }

  private mutating func add(
    _ group: OptimizerSnapshot.ParameterGroup, _ kind: OptimizerKind?, _ names: OrderedSet<String>
  ) {
    encoder.openDictionary()
    for entry in TorchHyperparameters.entries(group.hyperparameters, kind: kind) {
      add(entry.key, at: ["optimizer"])
      add(entry.value, at: ["optimizer"])
    }
    encoder.add("params")
    encoder.openList()
    for name in group.parameters { if let number = names.firstIndex(of: name) { encoder.add(number) } }
    encoder.closeList()
    encoder.add("param_names")
    encoder.openList()
    for name in group.parameters { encoder.add(name) }
    encoder.closeList()
    encoder.closeDictionary()
  }

  // MARK: - Values

  private mutating func add(other entry: Value.Entry, _ keys: inout Set<String>) {
    guard var key = entry.key.string else { return }
    while keys.contains(key) {
      let taken = key
      key += "~"
      losses.append(Loss("the name of '\(taken)'", why: "that is called so already; it becomes '\(key)'"))
    }
    add(key: key, &keys)
    add(entry.value, at: [key])
  }

  private mutating func lose(_ place: [String], _ what: String, _ why: String) {
    if losses.count < 100 { losses.append(Loss("\(what) at '\(place.joined(separator: "."))'", why: why)) }
  }

  private mutating func add(_ value: Value, at place: [String]) {
    guard budget.take() else {
      encoder.addNone()
      if budget.steps == 0, !losses.contains(where: { $0.what == "some values" }) {
        losses.append(Loss("some values", why: "there are more than a million beside the tensors"))
      }
      return
    }
    switch value {
    case .null: encoder.addNone()
    case .bool(let value): encoder.add(value)
    case .integer(let value): encoder.add(value)
    case .bigInteger(let digits):
      if !encoder.add(decimal: digits) {
        encoder.add(digits)
        lose(place, "a whole number", "it has more digits than are written; it becomes a text")
      }
    case .number(let value): encoder.add(value)
    case .complex(let real, let imaginary):
      encoder.openCall(PickleGlobal(module: "builtins", name: "complex"))
      encoder.add(real)
      encoder.add(imaginary)
      encoder.closeCall()
    case .string(let text): encoder.add(text)
    case .bytes(let bytes): encoder.add(bytes: bytes)
    case .list(let elements):
      encoder.openList()
      add(elements, at: place)
      encoder.closeList()
    case .tuple(let elements):
      encoder.openTuple()
      add(elements, at: place)
      encoder.closeTuple()
    case .set(let elements):
      encoder.openCall(PickleGlobal(module: "builtins", name: "set"))
      encoder.openList()
      add(elements, at: place)
      encoder.closeList()
      encoder.closeCall()
    case .dictionary(let entries):
      encoder.openDictionary()
      if Set(entries.map(\.key)).count < entries.count {
        lose(place, "one of two entries", "a dictionary of Python has each key once")
      }
      for entry in entries {
        add(entry.key, at: place)
        add(entry.value, at: place + [entry.key.string ?? entry.key.integer.map(String.init) ?? "?"])
      }
      encoder.closeDictionary()
    case .tensor(let index):
      if let number = otherNumbers[index] { return encoder.recall(number) }
      add(snapshot.otherTensors.values[index])
      otherNumbers[index] = encoder.remember()
    case .record(let record): add(record, at: place)
    }
  }

  private mutating func add(_ elements: [Value], at place: [String]) {
    for (position, element) in elements.enumerated() { add(element, at: place + [String(position)]) }
  }

  /// An object: a type or device of PyTorch as itself, anything else as a dictionary of its parts, because PyTorch would
  /// make objects of no other classes.
  private mutating func add(_ record: Value.Record, at place: [String]) {
    let global = PickleGlobal(fullName: record.className)
    if record.arguments.isEmpty, record.state == .null, global.module == "torch",
      TorchTypes.dtype(named: global.name) != nil
    {
      return encoder.add(global)
    }
    if record.className == "torch.device", record.state == .null {
      encoder.openCall(global)
      add(record.arguments, at: place)
      return encoder.closeCall()
    }
    lose(
      place, "the class \(record.className.terminalEscaped) of the object",
      "torch.load(weights_only=True) makes no objects of it; a dictionary of its parts takes its place")
    encoder.openDictionary()
    encoder.add(Value.Record.classKey)
    encoder.add(record.className)
    encoder.add("arguments")
    encoder.openList()
    add(record.arguments, at: place)
    encoder.closeList()
    encoder.add("state")
    add(record.state, at: place)
    encoder.closeDictionary()
  }
}

extension JSONValue {
  /// The same, with the names and numbers of the tensors among a snapshot's others, in the order in which they stand there,
  /// where reading would give them others.
  fileprivate func naming(_ snapshot: LazySnapshot) -> JSONValue {
    var order: [Int] = []
    var names: [String] = []
    var budget = Checkpoint.Value.Budget()
    snapshot.others.walkTensors([], &budget) { index, place in
      guard !order.contains(index) else { return }
      order.append(index)
      names.append(place.joined(separator: "."))
    }
    guard order != Array(snapshot.otherTensors.keys.indices) || names != Array(snapshot.otherTensors.keys) else {
      return self
    }
    var copy = self
    copy[TorchCheckpoint.otherTensorsKey] = .array(
      order.map { [.string(snapshot.otherTensors.keys[$0]), .integer($0)] })
    return copy
  }
}

extension Value {
  /// Calls `body` for every tensor in a tree, with its path.
  fileprivate func walkTensors(_ place: [String], _ budget: inout Budget, _ body: (Int, [String]) -> Void) {
    guard budget.take() else { return }
    switch self {
    case .tensor(let index): body(index, place)
    case .list(let elements), .tuple(let elements), .set(let elements):
      for (position, element) in elements.enumerated() {
        element.walkTensors(place + [String(position)], &budget, body)
      }
    case .dictionary(let entries):
      for entry in entries {
        let key = entry.key.string ?? entry.key.integer.map(String.init) ?? "?"
        entry.value.walkTensors(place + [key], &budget, body)
      }
    case .record(let record):
      for (position, element) in record.arguments.enumerated() {
        element.walkTensors(place + [String(position)], &budget, body)
      }
      record.state.walkTensors(place, &budget, body)
    default: break
    }
  }
}
