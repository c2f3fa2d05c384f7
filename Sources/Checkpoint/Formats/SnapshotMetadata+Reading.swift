import OrderedCollections
import Tensors

extension SnapshotMetadata {
  /// The snapshot that a file holds.
  /// - Parameters:
  ///   - text: The text of the file in UTF-8; `nil` when it has none, and all tensors are parameters.
  ///   - tensors: The tensors of the file by name, in order.
  ///   - path: The file, for errors.
  /// - Throws: ``CheckpointError/Code/corrupt`` naming what is wrong with the text, ``CheckpointError/Code/unsupported``
  ///   for one of a newer build.
  static func snapshot(
    text: String?, tensors: OrderedDictionary<String, TensorSource>, path: String
  ) throws -> LazySnapshot {
    guard let text else { return LazySnapshot(net: tensors) }
    return try SnapshotMetadataReader(text, tensors: tensors, path: path).snapshot
  }

  /// The text as a value to look at; `nil` when it is none of ours.
  static func value(of text: String) -> JSONValue? {
    var text = text
    let json = text.withUTF8 {
      try? JSONValue(parsing: UnsafeRawBufferPointer($0), deepest: ExactJSON.deepestText)
    }
    return json?["format"]?.string == format ? json : nil
  }
}

/// Makes a snapshot of the text.
private struct SnapshotMetadataReader {
  private(set) var snapshot: LazySnapshot
  private let members: JSONValue
  private let path: String
  private let tensors: OrderedDictionary<String, TensorSource>
  /// The names of tensors that are something else than parameters.
  private var taken: Set<String> = []

  init(_ text: String, tensors: OrderedDictionary<String, TensorSource>, path: String) throws {
    self.path = path
    self.tensors = tensors
    snapshot = LazySnapshot(net: [:])
    guard let members = SnapshotMetadata.value(of: text) else {
      throw CheckpointError(
        .corrupt, path: path,
        "the text '\(SnapshotMetadata.key)' of the file is not what zoo writes there; convert the file "
          + "with another program, or remove the text, to read its tensors as bare weights")
    }
    self.members = members
    guard members["version"]?.integer == SnapshotMetadata.version else {
      throw CheckpointError(
        .unsupported, path: path,
        "the file holds a snapshot of version \(members["version"]?.text() ?? "unknown"); this build reads version "
          + "\(SnapshotMetadata.version)")
    }
    try readMetadata()
    try readOptimizer()
    try readState()
    try readOthers()
    snapshot.net = taken.isEmpty ? tensors : tensors.filter { !taken.contains($0.key) }
  }

  private func wrong(_ key: String) -> CheckpointError {
    CheckpointError(
      .corrupt, path: path,
      "'\(key.terminalEscaped)' in the text '\(SnapshotMetadata.key)' of the file is not what zoo "
        + "writes there; use another copy of the file")
  }

  /// What `read` makes of a member; `nil` when there is none.
  private func member<Part>(_ key: String, _ read: (JSONValue) -> Part?) throws -> Part? {
    guard let json = members[key] else { return nil }
    guard let part = read(json) else { throw wrong(key) }
    return part
  }

  private func json(_ key: String) throws -> JSONValue { try member(key, ExactJSON.decode) ?? .null }

  private static func count(_ json: JSONValue?) -> Int? { json?.integer.flatMap { $0 >= 0 ? $0 : nil } }

  private static func strings(_ json: JSONValue?) -> [String]? {
    guard let array = json?.array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }

  private mutating func readMetadata() throws {
    snapshot.metadata.architecture = try member("architecture", \.string)
    snapshot.metadata.arguments = try json("arguments")
    guard let versions = ModuleVersions.read(try json(ModuleVersions.key)) else { throw wrong(ModuleVersions.key) }
    snapshot.metadata.moduleVersions = versions
    snapshot.metadata.position = try member("position") { json in
      guard let epoch = Self.count(json["epoch"]), let step = Self.count(json["step"]),
        let batches = Self.count(json["batches_done"])
      else { return nil }
      return TrainingPosition(epoch: epoch, step: step, batchesDone: batches)
    }
    snapshot.metadata.seed = try member("seed") { $0.string.flatMap { UInt64($0) } }
    snapshot.metadata.classNames = try member("class_names") { Self.strings($0) } ?? []
    snapshot.metadata.preprocessing = try json("preprocessing")
    snapshot.metadata.schedule = try json("schedule")
    snapshot.metadata.metrics = try json("metrics")
    snapshot.metadata.settings = try json("settings")
    snapshot.metadata.created = try member("created", \.string)
    snapshot.metadata.provenance = try json("provenance")
  }

  private mutating func readOptimizer() throws {
    snapshot.metadata.optimizer = try member("optimizer") { json in
      guard let kind = json["kind"]?.string, let step = Self.count(json["step"]), let groups = json["groups"]?.array
      else { return nil }
      let read = groups.compactMap { group -> OptimizerSnapshot.ParameterGroup? in
        guard let values = group["hyperparameters"].flatMap(ExactJSON.decode),
          let parameters = Self.strings(group["parameters"])
        else { return nil }
        return OptimizerSnapshot.ParameterGroup(hyperparameters: values, parameters: parameters)
      }
      guard read.count == groups.count else { return nil }
      return OptimizerSnapshot(kind: kind, step: step, groups: read, state: [:])
    }
  }

  /// Takes the tensor of a name, which is then no parameter.
  private mutating func take(_ json: JSONValue, for key: String) throws -> TensorSource {
    guard let name = json.string, let source = tensors[name], taken.insert(name).inserted else { throw wrong(key) }
    return source
  }

  private mutating func readState() throws {
    let key = "optimizer_state"
    for (parameter, slots) in try member(key, \.object) ?? [:] {
      guard let slots = slots.object else { throw wrong(key) }
      var sources: OrderedDictionary<String, TensorSource> = [:]
      for (slot, name) in slots { sources[slot] = try take(name, for: key) }
      snapshot.optimizerState[parameter] = sources
    }
  }

  private mutating func readOthers() throws {
    let key = "other_tensors"
    for (name, place) in try member(key, \.object) ?? [:] { snapshot.otherTensors[name] = try take(place, for: key) }
    let names = snapshot.otherTensors.keys
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let decoder = ExactJSON.Decoder(tensors: places)
    snapshot.others = try member("others") { decoder.decode($0) } ?? .null
  }
}
