public import Layers
public import Tensors

/// A graph with its parameters on a device, and the programs compiled from it.
///
/// Not `Sendable`: one thread uses a network at a time. Compute threads are the engine's own affair.
public final class Network {
  /// What the network computes.
  public let graph: Graph
  /// Where it computes.
  public let device: Device
  /// How it computes.
  public let options: ExecutionOptions
  /// What of it does not learn.
  public let frozen: Frozen

  private let backend: Backend
  let store: ParameterStore
  private var programs: [ProgramKey: CompiledProgram] = [:]
  /// Activations of all programs: only one runs at a time.
  private var arena: Memory?

  private struct ProgramKey: Hashable {
    let batch: Int
    let inputSize: Pair
    let purpose: Compiler.Purpose
    var kept: [Int] = []
  }

  /// A network whose parameters are not yet set.
  /// - Throws: ``EngineError`` for a number of threads below 1, a precision that the processor does not have, or when oneDNN
  ///   cannot start.
  public convenience init(
    _ graph: Graph, device: Device = .cpu, options: ExecutionOptions = ExecutionOptions(), frozen: Frozen = Frozen()
  ) throws(EngineError) {
    try options.precision.check()
    try self.init(unchecked: graph, device: device, options: options, frozen: frozen)
  }

  /// The same without asking whether the processor has the precision.
  init(
    unchecked graph: Graph, device: Device = .cpu, options: ExecutionOptions, frozen: Frozen = Frozen()
  ) throws(EngineError) {
    guard options.threads >= 1 else {
      throw EngineError(.option, "\(options.threads) threads compute nothing; give at least 1")
    }
    self.graph = graph
    self.device = device
    self.options = options
    self.frozen = frozen
    backend = try Backend(threads: options.threads, allowsOwnKernels: options.allowsOwnKernels)
    store = ParameterStore(graph.parameters, backend: backend)
  }

  // MARK: Parameters

  /// Sets every parameter and buffer.
  /// - Throws: ``EngineError`` with all missing, unexpected, reshaped and retyped tensors; nothing is changed then.
  public func load(_ state: StateDict) throws(EngineError) {
    try check(state, "the state dict is not this network's")
    try store.load(state)
  }

  /// Refuses tensors that are not those of every parameter and buffer.
  func check(_ state: StateDict, _ what: String) throws(EngineError) {
    var problems: [String] = []
    var known: Set<String> = []
    for parameter in graph.parameters {
      known.insert(parameter.name)
      guard let tensor = state[parameter.name] else {
        problems.append("missing \(parameter.name) \(parameter.shape)")
        continue
      }
      problems += Self.difference(parameter.name, tensor, parameter)
    }
    problems += state.names.filter { !known.contains($0) }.map { "unexpected \($0)" }
    try Self.refuse(problems, what)
  }

  /// A copy of every parameter and buffer, in the order of the graph and in plain layouts.
  /// - Throws: ``EngineError`` when no state dict has been loaded.
  public func state() throws(EngineError) -> StateDict { try store.state(lending: false) }

  /// A copy of the optimizer's tensors: `[parameter name: [slot: tensor]]`, empty before the first step.
  public func optimizerState() throws(EngineError) -> [String: [String: Tensor]] {
    try store.optimizerState(lending: false)
  }

  /// Parameters, buffers, the optimizer's tensors and averages for the time of `body`: views of the network's own memory where its
  /// layout is plain, so that saving a network needs no second one. `body` must let go of them before it returns.
  package func withLentState<R>(
    _ body: (_ state: StateDict, _ optimizerState: [String: [String: Tensor]], _ average: StateDict) throws -> R
  ) throws -> R {
    try body(
      try store.state(lending: true), try store.optimizerState(lending: true), try store.average(lending: true))
  }

  /// Sets the optimizer's tensors, so that the next step goes on from them; those of parameters that are not named start
  /// from zeros.
  /// - Throws: ``EngineError`` with all tensors that fit no trainable parameter; nothing is changed then.
  public func loadOptimizerState(_ state: [String: [String: Tensor]]) throws(EngineError) {
    let trainable = Dictionary(
      uniqueKeysWithValues: graph.parameters.filter { $0.role == .trainable }.map { ($0.name, $0) })
    var problems: [String] = []
    for (name, slots) in state.sorted(by: { $0.key < $1.key }) {
      guard let parameter = trainable[name] else {
        problems.append("unexpected \(name)")
        continue
      }
      for (slot, tensor) in slots.sorted(by: { $0.key < $1.key }) {
        problems += Self.difference("\(name) \(slot)", tensor, parameter)
      }
    }
    try Self.refuse(problems, "the optimizer state is not this network's")
    try store.loadOptimizerState(state)
  }

  private static func difference(_ name: String, _ tensor: Tensor, _ parameter: Parameter) -> [String] {
    if tensor.shape != parameter.shape { return ["\(name) is \(tensor.shape) and should be \(parameter.shape)"] }
    guard tensor.dtype != parameter.dtype else { return [] }
    return ["\(name) is \(tensor.dtype.rawValue) and should be \(parameter.dtype.rawValue)"]
  }

  private static func refuse(_ problems: [String], _ what: String) throws(EngineError) {
    guard !problems.isEmpty else { return }
    throw EngineError(.state, "\(what): \(shortened(problems).joined(separator: "; "))")
  }

  /// So many problems of each kind are listed.
  private static let listed = 40

  /// The problems in their order, and the numbers of those that are left out because there are many of a kind.
  private static func shortened(_ problems: [String]) -> [String] {
    let kinds = ["missing ", "unexpected ", ""]
    var counts = [0, 0, 0]
    var shown = problems.filter { problem in
      let kind = kinds.firstIndex { problem.hasPrefix($0) } ?? 2
      counts[kind] += 1
      return counts[kind] <= listed
    }
    for (count, title) in zip(counts, ["missing", "unexpected", "of another shape or type"]) where count > listed {
      shown.append("and \(count - listed) more \(title), \(count) in all")
    }
    return shown
  }

  // MARK: Programs

  /// The program that trains on batches of a size; compiled once and kept.
  /// - Parameters:
  ///   - batchSize: Images in a batch.
  ///   - inputSize: Height and width of the images.
  /// - Throws: ``EngineError`` when the graph does not take such images, or the machine has no memory for it.
  public func trainingProgram(batchSize: Int, inputSize: Pair) throws(EngineError) -> TrainingProgram {
    TrainingProgram(
      try program(ProgramKey(batch: batchSize, inputSize: inputSize, purpose: .training)), store, graph)
  }

  /// The program that infers on batches of a size; compiled once and kept. It always sees the current parameters.
  /// - Parameters:
  ///   - batchSize: Images in a batch.
  ///   - inputSize: Height and width of the images.
  /// - Throws: ``EngineError`` when the graph does not take such images, or the machine has no memory for it.
  public func inferenceProgram(batchSize: Int, inputSize: Pair) throws(EngineError) -> InferenceProgram {
    InferenceProgram(try program(ProgramKey(batch: batchSize, inputSize: inputSize, purpose: .inference)))
  }

  /// The program that infers and gives inner values too: nothing is folded or fused that would hide them.
  /// - Parameter values: Values of the graph, each as often as it is wanted.
  /// - Throws: ``EngineError`` as ``inferenceProgram(batchSize:inputSize:)`` does.
  public func featureProgram(
    batchSize: Int, inputSize: Pair, values: [Graph.Value]
  ) throws(EngineError) -> FeatureProgram {
    FeatureProgram(
      try program(
        ProgramKey(batch: batchSize, inputSize: inputSize, purpose: .inference, kept: values.map(\.index))))
  }

  /// The program for the derivative of logits for an inner value, with running statistics and nothing left out at random.
  /// - Parameter value: A value of the graph that the result depends on.
  /// - Throws: ``EngineError`` as ``inferenceProgram(batchSize:inputSize:)`` does.
  public func attributionProgram(
    batchSize: Int, inputSize: Pair, value: Graph.Value
  ) throws(EngineError) -> AttributionProgram {
    AttributionProgram(
      try program(
        ProgramKey(
          batch: batchSize, inputSize: inputSize, purpose: .attribution(of: value.index), kept: [value.index])))
  }

  private func program(_ key: ProgramKey) throws(EngineError) -> CompiledProgram {
    if let program = programs[key] { return program }
    guard key.batch >= 1 else {
      throw EngineError(.shape, "a batch of \(key.batch) images is none; give a batch size of at least 1")
    }
    precondition(key.kept.allSatisfy { (0...graph.nodes.count).contains($0) }, "the value is not of this graph")
    let shapes: [Shape]
    // Values that only training looks at can be asked for too.
    let inferred = graph.inferenceNodes
    let needsAll = key.purpose == .training || key.kept.contains { $0 > 0 && !inferred.contains($0 - 1) }
    do {
      shapes = try graph.shapes(
        input: [graph.inputChannels, key.inputSize.height, key.inputSize.width], training: needsAll)
    } catch {
      throw EngineError(.shape, module: error.module, error.message)
    }
    let compiler = Compiler(
      graph, shapes: shapes, batch: key.batch, purpose: key.purpose, keeping: key.kept, options: options,
      backend: backend, store: store, frozen: key.purpose.isAttribution ? .everything(of: graph) : frozen)
    let program = try CompiledProgram(compiler) { byteCount throws(EngineError) in
      if let arena = self.arena, arena.byteCount >= byteCount { return arena }
      let arena = try Memory(byteCount: byteCount)
      self.arena = arena
      return arena
    }
    programs[key] = program
    return program
  }
}
