import OrderedCollections

/// Hyper-parameters on their way to PyTorch.
enum TorchHyperparameters {
  /// The entries of a parameter group as PyTorch has them: numbers where it has numbers, truth values where it has those,
  /// pairs for `betas`, and what it must find filled in with its defaults.
  static func entries(_ settings: JSONValue, kind: OptimizerKind?) -> [Value.Entry] {
    var settings = settings
    // zoo's trainer has the two of Adam under names of their own.
    if settings["betas"] == nil, let first = settings["beta1"]?.double, let second = settings["beta2"]?.double {
      settings["betas"] = .array([.number(first), .number(second)])
      settings["beta1"] = nil
      settings["beta2"] = nil
    }
    let defaults = kind?.defaults ?? []
    var entries: [Value.Entry] = []
    for (key, json) in settings.object ?? [:] {
      entries.append(Value.Entry(.string(key), value(json, like: defaults.first { $0.key == key }?.value)))
    }
    for (key, value) in defaults where settings[key] == nil { entries.append(Value.Entry(.string(key), value.value)) }
    return entries
  }

  private static func value(_ json: JSONValue, like example: OptimizerKind.Default?) -> Value {
    switch (example, json) {
    case (.bool, .number(0)), (.bool, .integer(0)): return .bool(false)
    case (.bool, .number(1)), (.bool, .integer(1)): return .bool(true)
    case (.numbers, .array(let elements)): return .tuple(elements.map { Value($0) })
    default: return Value(json)
    }
  }
}
