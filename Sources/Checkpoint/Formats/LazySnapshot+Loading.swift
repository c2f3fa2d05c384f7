import OrderedCollections
import Tensors

extension LazySnapshot {
  /// A snapshot whose tensors are in memory.
  public init(_ snapshot: Snapshot) {
    var metadata = snapshot
    metadata.net = [:]
    metadata.average = [:]
    metadata.optimizer?.state = [:]
    self.init(net: OrderedDictionary(uniqueKeysWithValues: snapshot.net.map { ($0.name, TensorSource($0.tensor)) }))
    self.metadata = metadata
    setAverage(OrderedDictionary(uniqueKeysWithValues: snapshot.average.map { ($0.name, TensorSource($0.tensor)) }))
    // In the order of the groups, then what no group has, by name: the same state makes the same file.
    let state = snapshot.optimizer?.state ?? [:]
    let grouped = OrderedSet((snapshot.optimizer?.groups ?? []).flatMap(\.parameters)).filter { state[$0] != nil }
    for parameter in grouped.union(state.keys.sorted()) {
      let slots = (state[parameter] ?? [:]).sorted { $0.key < $1.key }
      optimizerState[parameter] = OrderedDictionary(
        uniqueKeysWithValues: slots.map { ($0.key, TensorSource($0.value)) })
    }
  }

  /// The snapshot with all tensors in memory, several read at a time.
  /// - Throws: ``CheckpointError``. When the bytes of tensors are not those that were written, every one of them is named.
  public func loaded(_ access: TensorAccess = .verified) throws -> Snapshot {
    var snapshot = metadata
    let slots = optimizerState.flatMap { parameter, slots in slots.map { (parameter, $0.key, $0.value) } }
    let average = self.average
    let tensors = try Self.load(Array(net.values) + slots.map(\.2) + average.values, access)
    for (name, tensor) in zip(net.keys, tensors) { snapshot.net[name] = tensor }
    for (name, tensor) in zip(average.keys, tensors.suffix(average.count)) { snapshot.average[name] = tensor }
    guard !optimizerState.isEmpty, snapshot.optimizer != nil else { return snapshot }
    for parameter in optimizerState.keys { snapshot.optimizer?.state[parameter] = [:] }
    for (slot, tensor) in zip(slots, tensors.dropFirst(net.count)) {
      snapshot.optimizer?.state[slot.0]?[slot.1] = tensor
    }
    return snapshot
  }

  /// All tensors of sources, in order.
  private static func load(_ sources: [TensorSource], _ access: TensorAccess) throws -> [Tensor] {
    // Views take no time: threads would take more.
    if access == .view { return try sources.map { try $0.tensor(.view) } }
    let results = try Parallel.map(sources, weight: \.byteCount) { _, source -> Result<Tensor, CheckpointError> in
      do {
        return .success(try source.tensor(access))
      } catch let error as CheckpointError where !error.corruptTensors.isEmpty {
        return .failure(error)
      }
    }
    let failures = results.compactMap { result in
      if case .failure(let error) = result { error } else { nil }
    }
    if let first = failures.first {
      throw CheckpointError(corrupt: failures.flatMap(\.corruptTensors), path: first.path)
    }
    return try results.map { try $0.get() }
  }
}
