import OrderedCollections
import Tensors

/// Lays a snapshot out as the groups and datasets of a native checkpoint.
struct NativeEncoder {
  private(set) var entries: [H5Entry<TensorSource>] = []
  /// The file that is written, for errors.
  private let path: String

  /// Lays everything out, in the order of the file. Digests are placeholders.
  init(_ snapshot: LazySnapshot, path: String) throws {
    self.path = path
    var root = try Self.attributes(of: snapshot.metadata)
    root[DigestAttribute.metadata] = .string(Digest.placeholder)
    add([], root)
    add([NativeLayout.net])
    for (name, tensor) in snapshot.net { add([NativeLayout.net, name], tensor) }
    if let optimizer = snapshot.metadata.optimizer { try add(optimizer, snapshot.optimizerState) }
    if case .object(let values) = snapshot.metadata.schedule {
      add([NativeLayout.schedule], attributes(values))
    } else if snapshot.metadata.schedule != .null {
      throw CheckpointError(
        .invalid, path: path, "the schedule must be a JSON object, not \(snapshot.metadata.schedule.text())")
    }
    try addOthers(snapshot)
  }

  private mutating func addOthers(_ snapshot: LazySnapshot) throws {
    guard snapshot.others != .null else { return }
    var encoder = ExactJSON.Encoder(tensorNames: Array(snapshot.otherTensors.keys))
    let text: String
    do {
      text = try encoder.encode(snapshot.others).text()
    } catch let excess as ExactJSON.Excess {
      throw CheckpointError(.unsupported, path: path, "what else the file holds cannot be written: \(excess.reason)")
    }
    add([NativeLayout.others], [NativeLayout.values: .string(text)])
    for (name, tensor) in snapshot.otherTensors { add([NativeLayout.others, name], tensor) }
  }

  private mutating func add(_ place: [String], _ attributes: Attributes = [:]) {
    entries.append(H5Entry(path: place.map(H5Name.escaped), attributes: attributes, content: nil))
  }

  private mutating func add(_ place: [String], _ tensor: TensorSource) {
    var attributes: Attributes = [:]
    if H5ElementType.isOpaque(tensor.dtype) { attributes[H5ElementType.nameAttribute] = .string(tensor.dtype.rawValue) }
    attributes[DigestAttribute.tensor] = .string(Digest.placeholder)
    entries.append(H5Entry(path: place.map(H5Name.escaped), attributes: attributes, content: tensor))
  }

  private static func attributes(of snapshot: Snapshot) throws -> Attributes {
    var root: Attributes = [
      NativeLayout.format: .string(NativeLayout.formatName),
      NativeLayout.formatVersion: .integer(NativeLayout.version),
      NativeLayout.producer: .string("zoo"),
    ]
    root[NativeLayout.architecture] = snapshot.architecture.map(AttributeValue.string)
    root[NativeLayout.arguments] = json(snapshot.arguments)
    root[NativeLayout.moduleVersions] = json(ModuleVersions.json(snapshot.moduleVersions))
    if let position = snapshot.position {
      root[NativeLayout.epoch] = .integer(position.epoch)
      root[NativeLayout.step] = .integer(position.step)
      root[NativeLayout.batchesDone] = .integer(position.batchesDone)
    }
    root[NativeLayout.seed] = snapshot.seed.map(AttributeValue.unsigned)
    if !snapshot.classNames.isEmpty { root[NativeLayout.classNames] = .strings(snapshot.classNames) }
    root[NativeLayout.preprocessing] = json(snapshot.preprocessing)
    root[NativeLayout.metrics] = json(snapshot.metrics)
    root[NativeLayout.settings] = json(snapshot.settings)
    root[NativeLayout.created] = .string(snapshot.created ?? Timestamp.now())
    root[NativeLayout.provenance] = json(snapshot.provenance)
    return root
  }

  private static func json(_ value: JSONValue) -> AttributeValue? { value == .null ? nil : .string(value.text()) }

  private mutating func add(
    _ optimizer: OptimizerSnapshot, _ state: OrderedDictionary<String, OrderedDictionary<String, TensorSource>>
  ) throws {
    let top = NativeLayout.optimizer
    add([top], [NativeLayout.kind: .string(optimizer.kind), NativeLayout.step: .integer(optimizer.step)])
    add([top, NativeLayout.groups])
    for (index, group) in optimizer.groups.enumerated() {
      let what = "parameter group \(index) of the optimizer"
      guard let values = group.hyperparameters.object ?? (group.hyperparameters.isEmpty ? [:] : nil) else {
        throw CheckpointError(.invalid, path: path, "the hyper-parameters of \(what) must be a JSON object")
      }
      guard values[NativeLayout.parameters] == nil else {
        throw CheckpointError(.invalid, path: path, "\(what): no hyper-parameter may be called 'parameters'")
      }
      var attributes = attributes(values)
      attributes[NativeLayout.parameters] = .strings(group.parameters)
      add([top, NativeLayout.groups, String(index)], attributes)
    }
    add([top, NativeLayout.state])
    // In the order of the groups, then what no group has, as it comes.
    let grouped = OrderedSet(optimizer.groups.flatMap(\.parameters)).filter { state[$0] != nil }
    for parameter in grouped.union(state.keys) {
      add([top, NativeLayout.state, parameter])
      for (slot, tensor) in state[parameter] ?? [:] { add([top, NativeLayout.state, parameter, slot], tensor) }
    }
  }

  private func attributes(_ values: OrderedDictionary<String, JSONValue>) -> Attributes {
    var attributes: Attributes = [:]
    for (key, value) in values {
      if let attribute = AttributeValue(value), attribute.json.text() == value.text() {
        attributes[H5Name.escaped(key)] = attribute
      } else {
        // What no attribute can hold exactly, such as arrays in arrays.
        attributes[H5Name.escaped(key) + NativeLayout.jsonSuffix] = .string(ExactJSON.encode(value).text())
      }
    }
    return attributes
  }
}
