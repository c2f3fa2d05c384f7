import OrderedCollections

/// The state dicts of PyTorch's learning-rate schedulers.
enum TorchSchedule {
  private static let kindKey = "kind"
  private static let milestones = "milestones"
  private static let multiStep = "MultiStepLR"

  /// A schedule as ``Snapshot/schedule`` has it: what the state dict says in numbers, texts and lists of these, and `kind`,
  /// PyTorch's name for the rule where its members tell. `nil` for what is no scheduler's state dict.
  static func json(_ value: Value) -> JSONValue? {
    guard let entries = value.entries, value["last_epoch"]?.integer != nil else { return nil }
    var budget = Value.Budget(100_000)
    var members: OrderedDictionary<String, JSONValue> = [:]
    members[kindKey] = kind(Set(entries.compactMap(\.key.string))).map(JSONValue.string)
    for entry in entries {
      guard let key = entry.key.string, key != kindKey else { continue }
      if let flat = flat(entry.value, budget: &budget) { members[key] = flat }
    }
    return .object(members)
  }

  /// The state dict for such a schedule; `nil` for a schedule that is none of PyTorch's.
  static func value(_ schedule: JSONValue) -> Value? {
    guard let members = schedule.object, members["last_epoch"]?.integer != nil else { return nil }
    let isMultiStep = members[kindKey]?.string == multiStep
    return .dictionary(
      members.compactMap { key, json in
        guard key != kindKey else { return nil }
        guard isMultiStep, key == milestones, let epochs = json.array else {
          return Value.Entry(.string(key), Value(json))
        }
        // PyTorch counts them, as one epoch can be a milestone twice.
        var counts: OrderedDictionary<JSONValue, Int> = [:]
        for epoch in epochs { counts[epoch, default: 0] += 1 }
        return Value.Entry(.string(key), .dictionary(counts.map { Value.Entry(Value($0.key), .integer($0.value)) }))
      })
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
