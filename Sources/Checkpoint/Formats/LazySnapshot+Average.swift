public import OrderedCollections
import Tensors

/// Running averages of weights stand among what else a file holds, where timm and torchvision's scripts put them too.
extension LazySnapshot {
  /// Where averages are written: timm's key, from which its `load_checkpoint` takes them.
  static let averageKey = "state_dict_ema"

  /// Where averages may stand, and what their names begin with there: torchvision's are an `AveragedModel`'s.
  private static let places = [(averageKey, ""), ("model_ema", "module.")]

  /// The averages of the net's tensors by state-dict name; empty when the file has none for every one of them.
  public var average: OrderedDictionary<String, TensorSource> {
    for (key, prefix) in Self.places {
      guard let entries = others.entries?.first(where: { $0.key == .string(key) })?.value.entries else { continue }
      var found: OrderedDictionary<String, TensorSource> = [:]
      for entry in entries {
        guard case .string(let name) = entry.key, name.hasPrefix(prefix), case .tensor(let index) = entry.value,
          otherTensors.elements.indices.contains(index)
        else { continue }
        found[String(name.dropFirst(prefix.count))] = otherTensors.elements[index].value
      }
      if !net.isEmpty, net.keys.allSatisfy({ found[$0] != nil }) {
        return OrderedDictionary(uniqueKeysWithValues: net.keys.compactMap { name in found[name].map { (name, $0) } })
      }
    }
    return [:]
  }

  /// Puts averages among the others.
  mutating func setAverage(_ average: OrderedDictionary<String, TensorSource>) {
    guard !average.isEmpty else { return }
    var entries: [Value.Entry] = []
    for (name, source) in average {
      entries.append(Value.Entry(.string(name), .tensor(otherTensors.count)))
      otherTensors["\(Self.averageKey).\(name)"] = source
    }
    others = .dictionary((others.entries ?? []) + [Value.Entry(.string(Self.averageKey), .dictionary(entries))])
  }

  /// The same with the averages for the net, as a net alone: without the optimizer, whose state belongs to the weights.
  /// - Returns: `nil` when the file has no averages.
  public var averaged: LazySnapshot? {
    let average = average
    guard !average.isEmpty else { return nil }
    var snapshot = self
    snapshot.net = average
    snapshot.optimizerState = [:]
    snapshot.metadata.optimizer = nil
    snapshot.removeAverage()
    return snapshot
  }

  /// Takes averages out of the others. Where their tensors are not the last ones they stay: all have numbers.
  mutating func removeAverage() {
    guard let entries = others.entries, let last = entries.last,
      Self.places.contains(where: { last.key == .string($0.0) }),
      let members = last.value.entries
    else { return }
    let numbers = Set(members.compactMap(\.value.tensor))
    guard numbers == Set(otherTensors.count - numbers.count..<otherTensors.count) else { return }
    otherTensors.removeLast(numbers.count)
    others = entries.count == 1 ? .null : .dictionary(Array(entries.dropLast()))
  }
}
