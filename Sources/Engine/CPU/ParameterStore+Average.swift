import CKernels
import Layers
import Tensors

/// Running averages, each in the home of what it follows.
extension ParameterStore {
  /// Moves averages towards the present values.
  func updateAverage(_ rule: AverageRule, threads: Int) throws(EngineError) {
    for entry in entries where entry.parameter.dtype == .float32 {
      guard let value = entry.value.memory else { continue }
      let isNew = entry.average == nil
      let cell = entry.average ?? Cell()
      entry.average = cell
      let average = try settle(cell, entry)
      let copies = isNew || rule.decay == 0 || (entry.parameter.role == .buffer && rule.statistics == .copy)
      if copies {
        zk_copy(value.floats, average.floats, value.floatCount, Int32(threads))
      } else {
        zk_average(value.floats, average.floats, value.floatCount, Float(1 - rule.decay), Int32(threads))
      }
    }
  }

  /// The average of every parameter and buffer as plain tensors; counters are the network's. Empty before the first update.
  func average(lending isLending: Bool) throws(EngineError) -> StateDict {
    var state = StateDict()
    guard entries.contains(where: { $0.average != nil }) else { return state }
    for entry in entries {
      state[entry.parameter.name] = try plainTensor(entry.average ?? entry.value, entry, lending: isLending)
    }
    return state
  }

  /// Takes over averages that were checked.
  func loadAverage(_ state: StateDict) throws(EngineError) {
    for entry in entries where entry.parameter.dtype == .float32 {
      let cell = entry.average ?? Cell()
      entry.average = cell
      cell.source = state[entry.parameter.name]
      if entry.home != nil { _ = try settle(cell, entry) }
    }
  }

  /// Exchanges the values with their averages.
  func swapAverage() throws(EngineError) {
    for entry in entries {
      guard let cell = entry.average else { continue }
      guard entry.home != nil else {
        swap(&cell.source, &entry.value.source)
        continue
      }
      let (value, average) = (try settle(entry.value, entry), try settle(cell, entry))
      // Programs hold the addresses of values: the bytes change places.
      for index in 0..<value.floatCount { swap(&value.floats[index], &average.floats[index]) }
    }
    touch()
  }
}
