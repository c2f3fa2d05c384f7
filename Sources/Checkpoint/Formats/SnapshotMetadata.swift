import OrderedCollections

/// A snapshot in a file that has only tensors by name and a text: what flat formats (safetensors, npz) and Keras' files
/// are to us.
///
/// Parameters keep their names. Other tensors are called `optimizer.state.<parameter>.<slot>` and `others.<path>`. All the
/// rest is one JSON text, which also says which tensor is what; a file of bare weights has none.
///
///     {"format": "zoo-snapshot", "version": 1,
///      "architecture": "alexnet", "position": {"epoch": 3, "step": 1200, "batches_done": 0}, "seed": "42", …,
///      "optimizer": {"kind": "sgd", "step": 1200, "groups": [{"hyperparameters": {…}, "parameters": […]}]},
///      "optimizer_state": {"features.0.weight": {"momentum_buffer": "optimizer.state.features.0.weight.momentum_buffer"}},
///      "others": …, "other_tensors": {"rng.cpu": "others.rng.cpu"}}
///
/// Values are written as ``ExactJSON``.
struct SnapshotMetadata {
  /// What the text says it is.
  static let format = "zoo-snapshot"
  /// The version of the text's layout.
  static let version = 1
  /// What the text is called where it needs a name.
  static let key = "zoo"
  /// The longest text that is read, in bytes.
  static let longestText = 16 << 20

  /// The text; `nil` when there is nothing to say.
  let text: String?
  /// The tensors that are no parameters, by their names in the file.
  let tensors: OrderedDictionary<String, TensorSource>
  /// What has no place.
  let losses: [Loss]

  /// Describes a snapshot.
  /// - Parameters:
  ///   - notes: What the format itself wants to have in the text.
  ///   - isTaken: Whether a name is a parameter's. Others are then called something else.
  init(
    of snapshot: LazySnapshot, notes: OrderedDictionary<String, JSONValue> = [:], isTaken: (String) -> Bool
  ) {
    var tensors: OrderedDictionary<String, TensorSource> = [:]
    func place(_ name: String, _ source: TensorSource) -> JSONValue {
      var name = name
      while isTaken(name) || tensors[name] != nil { name += "~" }
      tensors[name] = source
      return .string(name)
    }
    var losses: [Loss] = []
    var members = Self.members(of: snapshot.metadata)
    var state: OrderedDictionary<String, JSONValue> = [:]
    for (parameter, slots) in snapshot.optimizerState {
      var names: OrderedDictionary<String, JSONValue> = [:]
      for (slot, source) in slots { names[slot] = place("optimizer.state.\(parameter).\(slot)", source) }
      state[parameter] = .object(names)
    }
    if !state.isEmpty { members["optimizer_state"] = .object(state) }
    do {
      var encoder = ExactJSON.Encoder(tensorNames: Array(snapshot.otherTensors.keys))
      if snapshot.others != .null { members["others"] = try encoder.encode(snapshot.others) }
      var others: OrderedDictionary<String, JSONValue> = [:]
      for (name, source) in snapshot.otherTensors { others[name] = place("others.\(name)", source) }
      if !others.isEmpty { members["other_tensors"] = .object(others) }
    } catch {
      let reason = (error as? ExactJSON.Excess)?.reason ?? "\(error)"
      losses.append(Loss("what else the file holds", why: "it cannot be written as text: \(reason)"))
    }
    members.merge(notes) { first, _ in first }
    if !members.isEmpty {
      let head: OrderedDictionary<String, JSONValue> = [
        "format": .string(Self.format), "version": .integer(Self.version),
      ]
      let written = JSONValue.object(head.merging(members) { $1 }).text()
      if written.utf8.count > Self.longestText || Self.value(of: written) == nil {
        losses.append(
          Loss(
            "everything but tensors",
            why: "its text would be longer than zoo reads (\(ByteCount.text(written.utf8.count)))"))
      }
      text = written
    } else {
      text = nil
    }
    self.tensors = tensors
    self.losses = losses
  }

  private static func members(of snapshot: Snapshot) -> OrderedDictionary<String, JSONValue> {
    var members: OrderedDictionary<String, JSONValue> = [:]
    func add(_ key: String, _ json: JSONValue) {
      if json != .null { members[key] = ExactJSON.encode(json) }
    }
    members["architecture"] = snapshot.architecture.map(JSONValue.string)
    add("arguments", snapshot.arguments)
    add(ModuleVersions.key, ModuleVersions.json(snapshot.moduleVersions))
    if let position = snapshot.position {
      members["position"] = [
        "epoch": .integer(position.epoch), "step": .integer(position.step),
        "batches_done": .integer(position.batchesDone),
      ]
    }
    // JSON's numbers are not safe beyond 2⁵³ in other programs, and this has 64 bits.
    members["seed"] = snapshot.seed.map { .string(String($0)) }
    if !snapshot.classNames.isEmpty { members["class_names"] = .array(snapshot.classNames.map(JSONValue.string)) }
    add("preprocessing", snapshot.preprocessing)
    add("schedule", snapshot.schedule)
    add("metrics", snapshot.metrics)
    add("settings", snapshot.settings)
    members["created"] = snapshot.created.map(JSONValue.string)
    add("provenance", snapshot.provenance)
    if let optimizer = snapshot.optimizer {
      members["optimizer"] = [
        "kind": .string(optimizer.kind), "step": .integer(optimizer.step),
        "groups": .array(
          optimizer.groups.map { group in
            [
              "hyperparameters": ExactJSON.encode(group.hyperparameters),
              "parameters": .array(group.parameters.map(JSONValue.string)),
            ]
          }),
      ]
    }
    return members
  }
}
