import OrderedCollections
import Tensors

extension TorchCheckpoint {
  /// The snapshot that the file is.
  /// - Parameters:
  ///   - zoo: What zoo wrote beside it: the text of ``SnapshotMetadata``.
  ///   - source: Gives a tensor of the file.
  ///   - path: The file, for errors.
  func snapshot(zoo: String?, path: String, _ source: (Int) -> TensorSource) throws -> LazySnapshot {
    var snapshot = LazySnapshot(net: net?.tensors.mapValues(source) ?? [:])
    var consumed: Set<String> = []
    let own = try ownMetadata(zoo, path: path)
    let names = Self.ownNames(container[Self.zooKey])
    if let own {
      snapshot.metadata = own
      consumed.insert(Self.zooKey)
    }
    snapshot.metadata.moduleVersions = moduleVersions
    snapshot.metadata.optimizer = nil
    if let optimizer {
      consumed.insert(optimizer.key)
      let reading = try OptimizerReading(optimizer, tensors, before: own?.optimizer, source)
      snapshot.metadata.optimizer = reading.snapshot
      snapshot.optimizerState = reading.state
    }
    snapshot.metadata.position = position(
      own?.position, isOwn: own != nil, optimizerStep: snapshot.metadata.optimizer?.step, &consumed)
    TorchCustoms.read(container, isOwn: own != nil, into: &snapshot.metadata, &consumed)
    var budget = Value.Budget()
    let others = others(without: consumed, budget: &budget)
    try OtherTensors.move(others, to: &snapshot, budget: &budget, names: names, path: path, source)
    return snapshot
  }

  /// The key under which zoo keeps what PyTorch has no place for.
  static let zooKey = SnapshotMetadata.key

  /// In the dictionary under ``zooKey``: the tensors among the others, in the order in which they stand there, each with its
  /// name and its number, where these are not those that reading would give them.
  static let otherTensorsKey = "tensors_of_others"

  private static func ownNames(_ zoo: Value?) -> [(name: String, number: Int)]? {
    zoo?[otherTensorsKey]?.elements?.compactMap { element in
      guard let pair = element.elements, pair.count == 2, let name = pair[0].string, let number = pair[1].integer else {
        return nil
      }
      return (name, number)
    }
  }

  /// What zoo wrote, as a dictionary in the pickle or as a text in a record of its own; `nil` in files of others.
  private func ownMetadata(_ text: String?, path: String) throws -> Snapshot? {
    var budget = Value.Budget()
    let written = container[Self.zooKey].flatMap { $0.plainJSON(budget: &budget)?.text() }
    guard let text = written ?? text, SnapshotMetadata.value(of: text) != nil else { return nil }
    return try SnapshotMetadata.snapshot(text: text, tensors: [:], path: path).metadata
  }

  // MARK: - The position

  private func position(
    _ own: TrainingPosition?, isOwn: Bool, optimizerStep: Int?, _ consumed: inout Set<String>
  ) -> TrainingPosition? {
    // zoo writes both or neither.
    if isOwn && own == nil { return nil }
    func count(_ key: String) -> Int? { container[key]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
    let epoch = count("epoch")
    if epoch != nil { consumed.insert("epoch") }
    let step = count("step")
    if step != nil { consumed.insert("step") }
    if let own, own.epoch == epoch ?? own.epoch, own.step == step ?? own.step { return own }
    let others = ["global_step", "iteration", "iter", "num_updates"].lazy.compactMap(count)
    let known = step ?? others.first
    guard epoch != nil || known != nil else { return nil }
    return TrainingPosition(epoch: epoch ?? 0, step: known ?? optimizerStep ?? 0)
  }
}

/// Moves what is left of a file to a snapshot's others: tensors get numbers of their own there.
private struct OtherTensors {
  private var tensors: OrderedDictionary<String, TensorSource> = [:]
  private var numbers: [Int: Int] = [:]
  /// Names and numbers as zoo wrote them, which are to be found again.
  private let names: [(name: String, number: Int)]?
  private let source: (Int) -> TensorSource
  private var budget: Value.Budget
  private let path: String

  static func move(
    _ others: Value, to snapshot: inout LazySnapshot, budget: inout Value.Budget,
    names: [(name: String, number: Int)]?, path: String, _ source: (Int) -> TensorSource
  ) throws {
    try withoutActuallyEscaping(source) { source in
      var moving = OtherTensors(source: source, budget: budget, names: names, path: path)
      snapshot.others = try moving.moved(others, [])
      snapshot.otherTensors = moving.sorted
      budget = moving.budget
    }
  }

  private init(
    source: @escaping (Int) -> TensorSource, budget: Value.Budget, names: [(name: String, number: Int)]?, path: String
  ) {
    // Each number once, and none left out: otherwise these are not the tensors that were written.
    self.names = names.flatMap { names in
      Set(names.map(\.number)) == Set(0..<names.count) && Set(names.map(\.name)).count == names.count ? names : nil
    }
    self.source = source
    self.budget = budget
    self.path = path
  }

  /// The tensors in the order of their numbers.
  private var sorted: OrderedDictionary<String, TensorSource> {
    guard let names, names.count == tensors.count else { return tensors }
    let order = names.sorted { $0.number < $1.number }.map(\.name)
    return OrderedDictionary(uniqueKeysWithValues: order.compactMap { name in tensors[name].map { (name, $0) } })
  }

  private mutating func moved(_ value: Value, _ place: [String]) throws -> Value {
    guard budget.take() else {
      throw CheckpointError(
        .refused, path: path,
        "the file describes more values beside its tensors than are read: over a million, many of them the same")
    }
    switch value {
    case .tensor(let index): return .tensor(number(index, place))
    case .list(let elements): return .list(try moved(elements, place))
    case .tuple(let elements): return .tuple(try moved(elements, place))
    case .set(let elements): return .set(try moved(elements, place))
    case .dictionary(let entries):
      if let record = Value.Record(written: entries) { return try moved(.record(record), place) }
      return .dictionary(
        try entries.map { entry in
          let key = entry.key.string ?? entry.key.integer.map(String.init) ?? "?"
          return Value.Entry(try moved(entry.key, place), try moved(entry.value, place + [key]))
        })
    case .record(var record):
      record.arguments = try moved(record.arguments, place)
      record.state = try moved(record.state, place)
      return .record(record)
    default: return value
    }
  }

  private mutating func moved(_ elements: [Value], _ place: [String]) throws -> [Value] {
    var moved: [Value] = []
    for (position, element) in elements.enumerated() {
      moved.append(try self.moved(element, place + [String(position)]))
    }
    return moved
  }

  private mutating func number(_ index: Int, _ place: [String]) -> Int {
    if let number = numbers[index] { return number }
    if let names, tensors.count < names.count {
      let (name, number) = names[tensors.count]
      numbers[index] = number
      tensors[name] = source(index)
      return number
    }
    var name = place.joined(separator: ".")
    while tensors[name] != nil { name += "~" }
    numbers[index] = tensors.count
    tensors[name] = source(index)
    return tensors.count - 1
  }
}

extension Value.Record {
  /// The key under which zoo writes the class of an object that PyTorch would not make.
  static let classKey = "$class"

  /// The object that zoo wrote as a dictionary of its parts; `nil` for any other dictionary.
  init?(written entries: [Value.Entry]) {
    guard entries.count == 3, entries[0].key == .string(Self.classKey), let name = entries[0].value.string,
      entries[1].key == "arguments", let arguments = entries[1].value.elements, entries[2].key == "state"
    else { return nil }
    self.init(name, arguments: arguments, state: entries[2].value)
  }
}

extension Value {
  /// The value as JSON, if it is all JSON: null, truth values, numbers, texts, lists, and dictionaries of texts.
  func plainJSON(budget: inout Budget) -> JSONValue? {
    var weight = 1
    if case .string(let text) = self { weight += text.utf8.count / 64 }
    guard budget.take(weight) else { return nil }
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let value): return .string(value)
    case .list(let elements), .tuple(let elements):
      var array: [JSONValue] = []
      for element in elements {
        guard let json = element.plainJSON(budget: &budget) else { return nil }
        array.append(json)
      }
      return .array(array)
    case .dictionary(let entries):
      var object: OrderedDictionary<String, JSONValue> = [:]
      for entry in entries {
        guard let key = entry.key.string, budget.take(1 + key.utf8.count / 64),
          let json = entry.value.plainJSON(budget: &budget)
        else { return nil }
        object[key] = json
      }
      return .object(object)
    case .bigInteger, .complex, .bytes, .set, .tensor, .record: return nil
    }
  }
}
