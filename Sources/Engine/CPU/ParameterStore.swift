import COneDNN
import Layers
import Tensors

/// The parameters, buffers and optimizer state of a network in the layouts that its programs compute in.
///
/// A tensor's home is the layout that the first program to use it asked for; before that the plain tensor is kept as it
/// came. Programs that need another layout keep copies and renew them when ``version`` has moved.
final class ParameterStore {
  /// One tensor that the optimizer or a forward pass may change.
  final class Cell {
    /// What was loaded and has not been moved into its home yet; `nil` stands for zeros.
    var source: Tensor?
    var memory: Memory?
  }

  /// A parameter or buffer with the optimizer's tensors for it.
  final class Entry {
    let parameter: Parameter
    let value = Cell()
    /// Slot name → tensor.
    var slots: [String: Cell] = [:]
    /// The running average of `value`, where there is one.
    var average: Cell?
    /// The sum of its gradients since the last update, where they are kept.
    var gradient: Memory?
    /// The layout of `value`, `slots`, `average` and `gradient`; `nil` until a program asks.
    var home: Descriptor?
    /// The plain layout under the extents that programs use, [G, O/G, I/G, kh, kw] for grouped convolutions.
    var plain: Descriptor?

    init(_ parameter: Parameter) { self.parameter = parameter }
  }

  let backend: Backend
  let entries: [Entry]
  /// Moves whenever a value changes.
  private(set) var version = 0
  /// Moves whenever a value changes that training itself does not move as it goes: all but running statistics.
  private(set) var weightsVersion = 0
  /// Batches whose gradients are kept for the next update.
  var keptBatches = 0
  private var isLoaded = false

  init(_ parameters: [Parameter], backend: Backend) {
    self.backend = backend
    entries = parameters.map(Entry.init)
  }

  /// Says that values have changed.
  /// - Parameter weights: Whether others than running statistics have.
  func touch(weights: Bool = true) {
    version += 1
    if weights { weightsVersion += 1 }
  }

  /// Adds one to `num_batches_tracked` counters.
  func countBatches(_ indices: [Int]) {
    for index in indices {
      let count = entries[index].value.source?.elements(as: Int64.self).first ?? 0
      entries[index].value.source = Tensor(scalar: count + 1)
    }
  }

  // MARK: Homes

  /// The value of a parameter in its home, which becomes `preferred` if it has none yet.
  /// - Parameters:
  ///   - index: The parameter's place in the graph.
  ///   - extents: Its shape as the program sees it.
  ///   - preferred: A layout over `extents`; plain when `nil`.
  func home(_ index: Int, extents: [Int], preferred: Descriptor? = nil) throws(EngineError) -> Operand {
    let entry = entries[index]
    if entry.home == nil {
      let plain = try Descriptor(extents, ZDNN_PLAIN)
      entry.plain = plain
      entry.home = preferred ?? plain
    }
    guard let home = entry.home else { preconditionFailure("a home was just chosen") }
    let memory = try settle(entry.value, entry)
    return Operand(home, .fixed(memory.start))
  }

  /// The optimizer's tensor of a slot, in the parameter's home; zeros before the first step.
  func slot(_ name: String, of index: Int) throws(EngineError) -> Memory {
    let entry = entries[index]
    let cell = entry.slots[name] ?? Cell()
    entry.slots[name] = cell
    return try settle(cell, entry)
  }

  /// Moves a tensor into its home. Where that is the plain layout and nobody else has the tensor, its memory becomes the
  /// home: a network of 60 million parameters need not be copied to start training.
  func settle(_ cell: Cell, _ entry: Entry) throws(EngineError) -> Memory {
    guard let home = entry.home, let plain = entry.plain else { preconditionFailure("a home is chosen first") }
    if cell.memory == nil, home.matches(plain), let taken = cell.source?.takeStorage().flatMap(Memory.init) {
      cell.source = nil
      cell.memory = taken
      return taken
    }
    let memory: Memory
    if let existing = cell.memory {
      memory = existing
    } else {
      memory = try Memory(byteCount: home.byteCount)
      cell.memory = memory
    }
    if let source = cell.source {
      try source.withUnsafeBytes { bytes throws(EngineError) in
        guard let start = bytes.baseAddress else { return }
        try backend.copy(UnsafeMutableRawPointer(mutating: start), plain, to: memory.start, home)
      }
      cell.source = nil
    }
    return memory
  }

  // MARK: Loading and saving

  /// Takes over the tensors of a state dict that was checked.
  func load(_ state: StateDict) throws(EngineError) {
    for entry in entries {
      entry.value.source = state[entry.parameter.name]
      if entry.home != nil { _ = try settle(entry.value, entry) }
    }
    isLoaded = true
    keptBatches = 0
    touch()
  }

  /// The value of a parameter as a plain tensor.
  func plainValue(_ index: Int) throws(EngineError) -> Tensor {
    try plainTensor(entries[index].value, entries[index], lending: false)
  }

  /// Every parameter and buffer as plain tensors.
  /// - Parameter isLending: Whether tensors may be views of the store's own memory, which the next step writes.
  func state(lending isLending: Bool) throws(EngineError) -> StateDict {
    guard isLoaded else { throw EngineError(.state, "the network has no parameters yet: load a state dict first") }
    var state = StateDict()
    for entry in entries { state[entry.parameter.name] = try plainTensor(entry.value, entry, lending: isLending) }
    return state
  }

  /// `[parameter: [slot: tensor]]` as plain tensors.
  /// - Parameter isLending: As for ``state(lending:)``.
  func optimizerState(lending isLending: Bool) throws(EngineError) -> [String: [String: Tensor]] {
    var result: [String: [String: Tensor]] = [:]
    for entry in entries where !entry.slots.isEmpty {
      var slots: [String: Tensor] = [:]
      for (name, cell) in entry.slots { slots[name] = try plainTensor(cell, entry, lending: isLending) }
      result[entry.parameter.name] = slots
    }
    return result
  }

  /// Takes over an optimizer state that was checked; what it does not name starts from zeros again.
  func loadOptimizerState(_ state: [String: [String: Tensor]]) throws(EngineError) {
    for entry in entries {
      let loaded = state[entry.parameter.name] ?? [:]
      var slots: [String: Cell] = [:]
      for (name, tensor) in loaded {
        // Programs hold pointers to a slot's memory: it is filled again, not replaced.
        let cell = entry.slots[name] ?? Cell()
        cell.source = tensor
        slots[name] = cell
        if cell.memory != nil { _ = try settle(cell, entry) }
      }
      for (name, cell) in entry.slots where loaded[name] == nil {
        if let memory = cell.memory {
          memory.start.initializeMemory(as: UInt8.self, repeating: 0, count: memory.byteCount)
        }
        cell.source = nil
        slots[name] = cell
      }
      entry.slots = slots
    }
  }

  /// A tensor in a parameter's home, such as its gradient, as a plain one.
  func plainCopy(of values: UnsafeMutablePointer<Float>, like index: Int) throws(EngineError) -> Tensor {
    let entry = entries[index]
    guard let home = entry.home, let plain = entry.plain else { preconditionFailure("a gradient has a home") }
    return try Tensor(entry.parameter.shape, dtype: .float32) { bytes throws(EngineError) in
      guard let start = bytes.baseAddress else { return }
      try backend.copy(UnsafeMutableRawPointer(values), home, to: start, plain)
    }
  }

  func plainTensor(_ cell: Cell, _ entry: Entry, lending isLending: Bool) throws(EngineError) -> Tensor {
    if let source = cell.source { return source }
    guard let memory = cell.memory, let home = entry.home, let plain = entry.plain else {
      return Tensor(zeros: entry.parameter.shape, dtype: entry.parameter.dtype)
    }
    if isLending, home.matches(plain) {
      return Tensor(
        entry.parameter.shape, dtype: entry.parameter.dtype,
        borrowing: UnsafeRawBufferPointer(start: memory.start, count: plain.byteCount), owner: memory)
    }
    return try Tensor(entry.parameter.shape, dtype: entry.parameter.dtype) { bytes throws(EngineError) in
      guard let start = bytes.baseAddress else { return }
      try backend.copy(memory.start, home, to: start, plain)
    }
  }
}

extension Backend {
  /// Copies between layouts at once.
  func copy(
    _ source: UnsafeMutableRawPointer, _ from: Descriptor, to destination: UnsafeMutableRawPointer, _ to: Descriptor
  ) throws(EngineError) {
    enter()
    let primitive = try Primitive(zdnn_reorder(handle, from.handle, to.handle), module: "")
    let call = try PrimitiveCall(
      self, primitive,
      [(Argument.source, from, source), (Argument.destination, to, destination)])
    try call.run()
  }
}
