import OrderedCollections
import Tensors

/// Makes an optimizer of a snapshot out of a state dict whose parameters are known.
struct OptimizerReading {
  private(set) var snapshot: OptimizerSnapshot
  /// The state by parameter name.
  private(set) var state: OrderedDictionary<String, OrderedDictionary<String, TensorSource>> = [:]

  /// Reads a state dict.
  /// - Parameters:
  ///   - before: The optimizer as zoo had it when it wrote the file. Where its hyper-parameters still are what the state
  ///     dict says, they are kept as they were.
  ///   - source: Gives a tensor of the file.
  init(
    _ optimizer: TorchCheckpoint.MatchedOptimizer, _ tensors: [TorchTensor], before: OptimizerSnapshot?,
    _ source: (Int) -> TensorSource
  ) throws {
    let groups = try optimizer.state.groups.map { group in
      OptimizerSnapshot.ParameterGroup(
        hyperparameters: .object(try Self.settings(group.hyperparameters, source)),
        parameters: group.ids.compactMap { optimizer.names[$0] })
    }
    let kind = optimizer.kind?.rawValue ?? before?.kind ?? "unknown"
    snapshot = OptimizerSnapshot(kind: kind, step: 0, groups: groups, state: [:])
    let steps = try Self.steps(optimizer, tensors, source)
    snapshot.step = steps.last ?? before?.step ?? 0
    if let before { keep(before, optimizer.state) }
    for (id, entries) in optimizer.state.state {
      guard let name = optimizer.names[id] else { continue }
      var slots: OrderedDictionary<String, TensorSource> = [:]
      for entry in entries {
        guard let slot = entry.key.string, !(slot == Self.step && steps.isCommon) else { continue }
        slots[slot] = Self.slot(entry.value, source)
      }
      // SGD without momentum has a state for each parameter that says nothing.
      if !slots.isEmpty || entries.isEmpty { state[name] = slots }
    }
  }

  private static let step = "step"

  /// The hyper-parameters, kept as zoo had them where that means the same to PyTorch.
  private mutating func keep(_ before: OptimizerSnapshot, _ state: TorchOptimizer) {
    guard before.groups.count == snapshot.groups.count else { return }
    let isSameKind = OptimizerKind(rawValue: before.kind) == nil || before.kind == snapshot.kind
    guard isSameKind else { return }
    for (index, (old, new)) in zip(before.groups, state.groups).enumerated() {
      guard old.parameters == snapshot.groups[index].parameters else { return }
      let written = TorchHyperparameters.entries(old.hyperparameters, kind: OptimizerKind(rawValue: before.kind))
      guard Set(written) == Set(new.hyperparameters) else { continue }
      snapshot.groups[index].hyperparameters = old.hyperparameters
    }
    snapshot.kind = before.kind
  }

  private static func settings(
    _ entries: [Value.Entry], _ source: (Int) -> TensorSource
  ) throws -> OrderedDictionary<String, JSONValue> {
    var settings: OrderedDictionary<String, JSONValue> = [:]
    var budget = Value.Budget()
    for entry in entries {
      guard let key = entry.key.string else { continue }
      if let index = entry.value.tensor {
        // A learning rate is a tensor where the optimizer runs on the device.
        settings[key] = try Scalar.number(source(index)).map { JSONValue.number($0) }
      } else {
        settings[key] = entry.value.plainJSON(budget: &budget)
      }
    }
    return settings
  }

  /// How many steps the parameters have had.
  /// - Returns: The most of any; and whether all have had as many, and PyTorch would write that number as it stands there,
  ///   so that one number says it all.
  private static func steps(
    _ optimizer: TorchCheckpoint.MatchedOptimizer, _ tensors: [TorchTensor], _ source: (Int) -> TensorSource
  ) throws -> (last: Int?, isCommon: Bool) {
    var steps: Set<Double> = []
    var isRegular = optimizer.kind?.hasSteps ?? false
    for entries in optimizer.state.state.values where entries.contains(where: { $0.value != .null }) {
      guard let entry = entries.last(where: { $0.key == .string(step) }) else {
        isRegular = false
        continue
      }
      var number = entry.value.double
      if let index = entry.value.tensor {
        if tensors[index].dtype != .float32 || tensors[index].shape.rank > 0 { isRegular = false }
        if tensors[index].shape.count == 1 { number = try Scalar.number(source(index)) }
      }
      if let number { steps.insert(number) } else { isRegular = false }
    }
    let last = steps.max().flatMap { Int(exactly: $0.rounded(.down)) }.flatMap { $0 >= 0 ? $0 : nil }
    let isWhole = last.map { Double($0) == steps.max() } ?? false
    return (last, isRegular && steps.count == 1 && isWhole)
  }

  private static func slot(_ value: Value, _ source: (Int) -> TensorSource) -> TensorSource? {
    switch value {
    case .tensor(let index): source(index)
    case .integer(let number): TensorSource(Tensor(scalar: Float(exactly: number) ?? Float(number)))
    case .number(let number): TensorSource(Tensor(scalar: Float(number)))
    default: nil
    }
  }
}

/// Tensors of one element.
enum Scalar {
  /// The number that a tensor of one element is; `nil` for complex numbers and more elements.
  static func number(_ source: TensorSource) throws -> Double? {
    guard source.shape.count == 1 else { return nil }
    let tensor = try source.tensor()
    return switch source.dtype {
    case .float32: tensor.elements(as: Float.self).first.map(Double.init)
    case .float64: tensor.elements(as: Double.self).first
    case .float16: tensor.elements(as: Float16.self).first.map(Double.init)
    case .int64: tensor.elements(as: Int64.self).first.map(Double.init)
    case .int32: tensor.elements(as: Int32.self).first.map(Double.init)
    default: nil
    }
  }
}
