import OrderedCollections

/// Makes a snapshot of the groups and datasets of a native checkpoint.
struct NativeDecoder {
  private(set) var snapshot = LazySnapshot(net: [:])
  /// The file that is read, for errors.
  private let path: String
  private var othersText: String?

  /// Takes everything in.
  init(_ entries: [H5Entry<TensorSource>], path: String) throws {
    self.path = path
    for entry in entries {
      let names = try entry.path.map(name)
      switch names.first {
      case nil: try read(root: entry.attributes)
      case NativeLayout.net: try read(net: entry, names)
      case NativeLayout.optimizer: try read(optimizer: entry, names)
      case NativeLayout.schedule where names.count == 1 && entry.content == nil:
        snapshot.metadata.schedule = .object(try values(entry.attributes))
      case NativeLayout.others: try read(others: entry, names)
      default: throw unknown(entry)
      }
    }
    guard let text = othersText else { return }
    let places = Dictionary(uniqueKeysWithValues: snapshot.otherTensors.keys.enumerated().map { ($1, $0) })
    let json = Array(text.utf8).withUnsafeBytes { try? JSONValue(parsing: $0, deepest: ExactJSON.deepestText) }
    guard let json, let others = ExactJSON.Decoder(tensors: places).decode(json) else {
      throw CheckpointError(.corrupt, path: path, "the attribute 'values' of /others is not what zoo writes there")
    }
    snapshot.others = others
  }

  private mutating func read(others entry: H5Entry<TensorSource>, _ names: [String]) throws {
    switch (names.count, entry.content) {
    case (1, nil):
      let attributes = NativeAttributes(entry.attributes, object: entry.description, path: path)
      othersText = try attributes.string(NativeLayout.values)
    case (2, let tensor?): snapshot.otherTensors[names[1]] = tensor
    default: throw unknown(entry)
    }
  }

  private func unknown(_ entry: H5Entry<TensorSource>) -> CheckpointError {
    CheckpointError(
      .unsupported, path: path,
      "\(entry.description) has no place in a native checkpoint; it has /net, /optimizer, /schedule and /others")
  }

  private func name(_ link: String) throws -> String {
    guard let name = H5Name.unescaped(link) else {
      throw CheckpointError(.invalid, path: path, "'\(link.terminalEscaped)': '%' in a name must be written as %25")
    }
    return name
  }

  private mutating func read(root attributes: Attributes) throws {
    let root = NativeAttributes(attributes, object: "/", path: path)
    if let version = try root.integer(NativeLayout.formatVersion), version != NativeLayout.version {
      throw CheckpointError(
        .unsupported, path: path,
        "the file has version \(version) of the native format; this build reads version \(NativeLayout.version)")
    }
    snapshot.metadata.architecture = try root.string(NativeLayout.architecture)
    snapshot.metadata.arguments = try root.json(NativeLayout.arguments)
    guard let versions = ModuleVersions.read(try root.json(NativeLayout.moduleVersions)) else {
      throw CheckpointError(
        .corrupt, path: path, "the attribute '\(NativeLayout.moduleVersions)' of / is not what zoo writes there")
    }
    snapshot.metadata.moduleVersions = versions
    let position = try [NativeLayout.epoch, NativeLayout.step, NativeLayout.batchesDone].map(root.count)
    if let epoch = position[0], let step = position[1] {
      snapshot.metadata.position = TrainingPosition(epoch: epoch, step: step, batchesDone: position[2] ?? 0)
    }
    snapshot.metadata.seed = try root.unsigned(NativeLayout.seed)
    snapshot.metadata.classNames = try root.strings(NativeLayout.classNames) ?? []
    snapshot.metadata.preprocessing = try root.json(NativeLayout.preprocessing)
    snapshot.metadata.metrics = try root.json(NativeLayout.metrics)
    snapshot.metadata.settings = try root.json(NativeLayout.settings)
    snapshot.metadata.created = try root.string(NativeLayout.created)
    snapshot.metadata.provenance = try root.json(NativeLayout.provenance)
  }

  private mutating func read(net entry: H5Entry<TensorSource>, _ names: [String]) throws {
    switch (names.count, entry.content) {
    case (1, nil): break
    case (2, let tensor?):
      guard snapshot.net[names[1]] == nil else {
        throw CheckpointError(.corrupt, path: path, "\(entry.description) is there twice, in two spellings of Unicode")
      }
      snapshot.net[names[1]] = tensor
    default: throw unknown(entry)
    }
  }

  private mutating func read(optimizer entry: H5Entry<TensorSource>, _ names: [String]) throws {
    let attributes = NativeAttributes(entry.attributes, object: entry.description, path: path)
    switch (names.count, names.count > 1 ? names[1] : "", entry.content) {
    case (1, _, nil):
      snapshot.metadata.optimizer = OptimizerSnapshot(
        kind: try attributes.required(NativeLayout.kind, attributes.string),
        step: try attributes.required(NativeLayout.step, attributes.count), groups: [], state: [:])
    case (2, NativeLayout.groups, nil), (2, NativeLayout.state, nil): break
    case (3, NativeLayout.groups, nil):
      guard names[2] == String(snapshot.metadata.optimizer?.groups.count ?? 0) else { throw unknown(entry) }
      let parameters = try attributes.required(NativeLayout.parameters, attributes.strings)
      let hyperparameters = entry.attributes.filter { $0.key != NativeLayout.parameters }
      let group = OptimizerSnapshot.ParameterGroup(
        hyperparameters: .object(try values(hyperparameters)), parameters: parameters)
      snapshot.metadata.optimizer?.groups.append(group)
    case (3, NativeLayout.state, nil): snapshot.optimizerState[names[2]] = [:]
    case (4, NativeLayout.state, let tensor?): snapshot.optimizerState[names[2], default: [:]][names[3]] = tensor
    default: throw unknown(entry)
    }
  }

  private func values(_ attributes: Attributes) throws -> OrderedDictionary<String, JSONValue> {
    var values: OrderedDictionary<String, JSONValue> = [:]
    for (key, value) in attributes {
      guard key.hasSuffix(NativeLayout.jsonSuffix) else {
        values[try name(key)] = value.json
        continue
      }
      let json = try value.string.flatMap { ExactJSON.decode(try JSONValue(parsing: $0)) }
      guard let json else {
        throw CheckpointError(.corrupt, path: path, "the attribute '\(key.terminalEscaped)' is not JSON")
      }
      values[try name(String(key.dropLast(NativeLayout.jsonSuffix.count)))] = json
    }
    return values
  }
}
