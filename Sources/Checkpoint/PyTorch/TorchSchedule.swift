import OrderedCollections

/// The state dicts of PyTorch's learning-rate schedulers.
enum TorchSchedule {
  private static let kindKey = "kind"
  private static let milestones = "milestones"
  private static let multiStep = "MultiStepLR"

  /// The schedulers that one is made of.
  private static let parts = "_schedulers"

  /// A schedule as ``Snapshot/schedule`` has it: what the state dict says in numbers, texts and lists of these, and `kind`,
  /// PyTorch's name for the rule where its members tell; the same for the schedulers that it is made of. `nil` for what is
  /// no scheduler's state dict.
  static func json(_ value: Value) -> JSONValue? {
    var budget = Value.Budget(100_000)
    return json(value, depth: 0, budget: &budget)
  }

  private static func json(_ value: Value, depth: Int, budget: inout Value.Budget) -> JSONValue? {
    guard depth < 4, let entries = value.entries, isSchedule(value["last_epoch"]?.integer, value[parts]?.elements)
    else {
      return nil
    }
    var members: OrderedDictionary<String, JSONValue> = [:]
    members[kindKey] = kind(Set(entries.compactMap(\.key.string))).map(JSONValue.string)
    for entry in entries {
      guard let key = entry.key.string, key != kindKey else { continue }
      if key == parts, let elements = entry.value.elements {
        guard elements.count <= 100 else { continue }
        let schedules = elements.compactMap { json($0, depth: depth + 1, budget: &budget) }
        if schedules.count == elements.count { members[key] = .array(schedules) }
      } else if key == "_schedule_phases", let phases = entry.value.plainJSON(budget: &budget) {
        members[key] = phases
      } else if let flat = flat(entry.value, budget: &budget) {
        members[key] = flat
      }
    }
    return .object(members)
  }

  /// The state dict for such a schedule; `nil` for a schedule that is none of PyTorch's.
  static func value(_ schedule: JSONValue) -> Value? {
    guard let members = schedule.object, isSchedule(members["last_epoch"]?.integer, members[parts]?.array) else {
      return nil
    }
    let isMultiStep = members[kindKey]?.string == multiStep
    return .dictionary(
      members.compactMap { key, json in
        guard key != kindKey else { return nil }
        if key == parts, let schedules = json.array {
          return Value.Entry(.string(key), .list(schedules.map { value($0) ?? Value($0) }))
        }
        guard isMultiStep, key == milestones, let epochs = json.array else {
          return Value.Entry(.string(key), Value(json))
        }
        // PyTorch counts them, as one epoch can be a milestone twice.
        var counts: OrderedDictionary<JSONValue, Int> = [:]
        for epoch in epochs { counts[epoch, default: 0] += 1 }
        return Value.Entry(.string(key), .dictionary(counts.map { Value.Entry(Value($0.key), .integer($0.value)) }))
      })
  }

  /// Whether members are a scheduler's: `ChainedScheduler` counts no steps itself.
  private static func isSchedule(_ position: Int?, _ parts: [some Any]?) -> Bool {
    position != nil || parts?.isEmpty == false
  }

  /// A number, a text, or a list of either. MultiStepLR's milestones, a counter of epochs, become the list of them.
  private static func flat(_ value: Value, budget: inout Value.Budget) -> JSONValue? {
    if let entries = value.entries {
      let epochs = entries.flatMap { entry -> [JSONValue] in
        guard let epoch = entry.key.integer, let count = entry.value.integer, (1...8).contains(count) else { return [] }
        return [JSONValue](repeating: .integer(epoch), count: count)
      }
      return epochs.count >= entries.count && !entries.isEmpty ? .array(epochs) : nil
    }
    guard let json = value.plainJSON(budget: &budget) else { return nil }
    switch json {
    case .object: return nil
    case .array(let elements):
      let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil && $0 != .null }
      return isFlat ? json : nil
    default: return json
    }
  }

  /// The class whose state dict has these members.
  private static func kind(_ keys: Set<String>) -> String? {
    let kinds: [(String, Set<String>)] = [
      ("SequentialLR", ["_schedulers", "_milestones"]), ("ChainedScheduler", ["_schedulers"]),
      ("ReduceLROnPlateau", ["num_bad_epochs", "patience"]), ("OneCycleLR", ["total_steps", "_schedule_phases"]),
      ("CyclicLR", ["step_ratio", "total_size"]), ("CosineAnnealingWarmRestarts", ["T_0", "T_mult"]),
      ("CosineAnnealingLR", ["T_max", "eta_min"]), (multiStep, ["milestones", "gamma"]),
      ("StepLR", ["step_size", "gamma"]), ("LinearLR", ["start_factor", "end_factor"]),
      ("PolynomialLR", ["power", "total_iters"]), ("ConstantLR", ["factor", "total_iters"]),
      ("LambdaLR", ["lr_lambdas"]),
      ("ExponentialLR", ["gamma"]),
    ]
    return kinds.first { keys.isSuperset(of: $0.1) }?.0
  }
}
