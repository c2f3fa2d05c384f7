import CKernels
import COneDNN
import Layers
import Tensors

/// Turns a graph, a batch size and an input size into a list of instructions on oneDNN and our kernels.
///
/// Forward instructions are emitted group by group, each with layouts that follow from its input's; a training program
/// then plays the tape of backward emitters in reverse.
final class Compiler {
  /// The derivative of the loss for a value.
  struct Gradient {
    var operand: Operand
    /// Whether nobody else reads the memory, so that it may be overwritten.
    var isExclusive: Bool
  }

  /// What a program is for.
  enum Purpose: Hashable {
    case inference
    case training
    /// The derivative of one logit of each image for a value, with nothing random and running statistics.
    case attribution(of: Int)
  }

  let graph: Graph
  let fused: FusedGraph
  let shapes: [Shape]
  let batch: Int
  let purpose: Purpose
  /// Whether there is a backward pass.
  let training: Bool
  /// Values that are results beside the logits.
  let kept: [Int]
  let options: ExecutionOptions
  let backend: Backend
  let store: ParameterStore
  /// What does not learn.
  let frozen: Frozen

  /// Run when parameters have changed: copies of weights in other layouts.
  private(set) var prologue: [BoundInstruction] = []
  /// Run at every step. Those before ``backwardStart`` are the forward pass and the loss.
  private(set) var instructions: [Instruction] = []
  private(set) var backwardStart = 0
  /// Bytes of each buffer of the arena.
  private(set) var bufferSizes: [Int] = []
  /// Weights in layouts of this program.
  private(set) var copies: [Memory] = []
  /// Counters of batches that batch normalisation has seen: indices of parameters.
  var batchCounters: [Int] = []

  private var values: [Int: Operand] = [:]
  private var reordered: [Int: [Operand]] = [:]
  /// Values as factors that were rounded, in the layouts that were asked for.
  var roundedValues: [Int: [Operand]] = [:]
  /// Parameters as factors, in the layouts that were asked for.
  var weightCopies: [Int: [Operand]] = [:]
  private var gradients: [Int: Gradient] = [:]
  private var tape: [() throws(EngineError) -> Void] = []
  /// Whether the gradient of a value is wanted.
  private var needsGradient: Set<Int> = []
  /// The last group that reads each value.
  private var lastReader: [Int: Int] = [:]
  /// How many groups read each value.
  private var readerCount: [Int: Int] = [:]
  /// Values whose gradients have already passed the ReLU that gave the value.
  private var behindReLU: Set<Int> = []
  private var groupIndex = 0
  /// The derivative that an attribution asks for.
  var attribution: Operand?

  init(
    _ graph: Graph, shapes: [Shape], batch: Int, purpose: Purpose, keeping kept: [Int] = [],
    options: ExecutionOptions, backend: Backend, store: ParameterStore, frozen: Frozen
  ) {
    self.graph = graph
    self.shapes = shapes
    self.batch = batch
    self.purpose = purpose
    training = purpose != .inference
    self.kept = kept
    self.options = options
    self.backend = backend
    self.store = store
    self.frozen = frozen
    fused = FusedGraph(
      graph, training: training, keeping: kept, isRandom: purpose == .training || purpose == .inference)
    for (index, group) in fused.groups.enumerated() {
      for value in group.inputs + (group.addend.map { [$0] } ?? []) {
        lastReader[value] = index
        readerCount[value, default: 0] += 1
      }
    }
    for value in kept.map(fused.resolved) {
      lastReader[value] = .max
      readerCount[value, default: 0] += 1
    }
    lastReader[fused.output] = .max
    if training { for auxiliary in graph.auxiliaries { lastReader[auxiliary.value.index] = .max } }
  }

  // MARK: Compilation

  /// Emits the whole program.
  /// - Returns: The logits [N, classes] and the values that are kept, in the plain layout; of an attribution also the
  ///   derivative for its value.
  func compile() throws(EngineError) -> (logits: Operand, outputs: [Operand]) {
    backend.enter()
    values[0] = Operand(try Descriptor(extents(of: 0), ZDNN_PLAIN), .images)
    for (index, group) in fused.groups.enumerated() {
      groupIndex = index
      let learns = group.node.parameters.contains(where: learns)
      if training, learns || group.inputs.contains(where: needsGradient.contains) || isAttributed(group.output) {
        needsGradient.insert(group.output)
      }
      try emit(group)
      if isAttributed(group.output) { recordAttribution(of: group.output) }
    }
    let outputShape = shapes[fused.output]
    guard outputShape.rank == 1 else {
      throw EngineError(
        .shape, "the network gives \(outputShape) for each image, and logits [classes] are needed; end it with a Linear"
      )
    }
    let logits = try result(fused.output)
    var outputs: [Operand] = []
    for value in kept { outputs.append(try result(fused.resolved(value))) }
    if training {
      if purpose == .training {
        try emitLoss(logits)
        for auxiliary in graph.auxiliaries { try emitAuxiliaryLoss(auxiliary) }
      } else {
        try emitChosenLogit(logits)
      }
      backwardStart = instructions.count
      for emitter in tape.reversed() { try emitter() }
    }
    if case .attribution(let value) = purpose {
      // Without a way from the value to the logits the derivative is 0.
      if let attribution { outputs.append(attribution) } else { outputs.append(try zeros(like: value)) }
    }
    return (logits, outputs)
  }

  /// A value in the plain layout.
  private func result(_ value: Int) throws(EngineError) -> Operand {
    let result = try reorder(value, to: try Descriptor(extents(of: value), ZDNN_PLAIN))
    guard case .images = result.location else { return result }
    // A network that only reshapes: the result still has to outlive the caller's batch.
    let copy = allocate(result.descriptor)
    try emitCopy(result, to: copy, module: "", pass: "forward")
    return copy
  }

  private func emit(_ group: FusedGraph.Group) throws(EngineError) {
    switch group.node.operation {
    case .conv2d(let attributes):
      if let kernel = blockedKernel(for: group, attributes) {
        try emitConvolution(group, attributes, by: kernel)
      } else {
        try emitConvolution(group, attributes)
      }
    case .linear(let inFeatures, let outFeatures, let bias):
      if prefersOwnKernels {
        try emitOwnLinear(group, inFeatures: inFeatures, outFeatures: outFeatures, bias: bias)
      } else {
        try emitLinear(group, inFeatures: inFeatures, outFeatures: outFeatures, bias: bias)
      }
    case .batchNorm2d(let features, let epsilon, let momentum):
      try emitBatchNorm(group, features: features, epsilon: epsilon, momentum: momentum)
    case .localResponseNorm(let size, let alpha, let beta, let k):
      try emitResponseNorm(group, size: size, alpha: alpha, beta: beta, k: k)
    case .maxPool2d(let attributes): try emitMaxPool(group, attributes)
    case .avgPool2d(let attributes, let countIncludePad):
      try emitAveragePool(group, attributes, countIncludePad: countIncludePad)
    case .adaptiveAvgPool2d(let output): try emitAdaptivePool(group, output)
    case .activation(.relu): try emitReLU(group)
    case .activation(let function): try emitActivation(group, function)
    case .layerNorm(let features, let epsilon): try emitLayerNorm(group, features: features, epsilon: epsilon)
    case .layerScale(let features): try emitLayerScale(group, features: features)
    case .stochasticDepth(let probability): try emitStochasticDepth(group, probability)
    case .permute(let order): try emitPermute(group, order)
    case .narrow(let axis, let start, let count): try emitNarrow(group, axis: axis, start: start, count: count)
    case .channelShuffle(let groups):
      let members = shapes[group.output][0] / groups
      try emitChannelMap(group, (0..<members * groups).map { Int32($0 % groups * members + $0 / groups) })
    case .padChannels(let before, let after):
      let zeros = { (count: Int) in [Int32](repeating: -1, count: count) }
      try emitChannelMap(group, zeros(before) + (0..<Int32(shapes[group.inputs[0]][0])) + zeros(after))
    case .channelAffine(let scale, let shift): try emitChannelAffine(group, scale: scale, shift: shift)
    case .multiply: try emitMultiply(group)
    case .classToken(let features): try emitClassToken(group, features: features)
    case .positionEmbedding: try emitPositionEmbedding(group)
    case .padTokens, .cropTokens: try emitResizedTokens(group)
    case .mergePatches: try emitMergedPatches(group)
    case .attention(let attributes): try emitAttention(group, attributes)
    case .add: try emitAdd(group)
    case .dropout(let probability): try emitDropout(group, probability)
    case .zeroPad2d(let sides): try emitZeroPad(group, sides)
    case .flatten: try emitFlatten(group)
    case .concat: try emitConcat(group)
    }
  }

  /// Whether kernels of ours, which multiply float32 numbers, stand in for oneDNN's.
  var prefersOwnKernels: Bool { backend.prefersOwnKernels && options.precision == .float32 }

  // MARK: Values

  /// The extents of a value with its batch.
  func extents(of value: Int) -> [Int] { [batch] + shapes[value].dimensions }

  /// Where a value is.
  func operand(_ value: Int) -> Operand {
    guard let operand = values[value] else { preconditionFailure("value \(value) is computed before it is read") }
    return operand
  }

  /// Says where a value is.
  func define(_ value: Int, _ operand: Operand) { values[value] = operand }

  /// Memory of the arena for a layout.
  func allocate(_ descriptor: Descriptor) -> Operand {
    Operand(descriptor, allocate(byteCount: descriptor.byteCount))
  }

  /// Memory of the arena.
  func allocate(byteCount: Int) -> Operand.Location {
    bufferSizes.append(byteCount)
    return .buffer(bufferSizes.count - 1)
  }

  /// A value in a layout, copied if it is in another.
  func reorder(_ value: Int, to descriptor: Descriptor, module: String = "", pass: String = "forward")
    throws(EngineError) -> Operand
  {
    let own = operand(value)
    if own.descriptor.matches(descriptor) { return own }
    if let existing = reordered[value]?.first(where: { $0.descriptor.matches(descriptor) }) { return existing }
    let copy = try reorder(own, to: descriptor, module: module, pass: pass)
    reordered[value, default: []].append(copy)
    return copy
  }

  /// An operand in a layout, copied if it is in another.
  func reorder(_ operand: Operand, to descriptor: Descriptor, module: String, pass: String) throws(EngineError)
    -> Operand
  {
    if operand.descriptor.matches(descriptor) { return operand }
    let copy = allocate(descriptor)
    try emitCopy(operand, to: copy, module: module, pass: pass)
    return copy
  }

  /// A copy between layouts.
  func emitCopy(_ source: Operand, to destination: Operand, module: String, pass: String) throws(EngineError) {
    let primitive = try Primitive(
      zdnn_reorder(backend.handle, source.descriptor.handle, destination.descriptor.handle), module: module)
    emit(
      module, "\(pass) (reorder)", primitive, [(Argument.source, source), (Argument.destination, destination)])
  }

  /// Whether no later group reads the memory of a value, so that the current group may overwrite it.
  func isLastUse(of value: Int) -> Bool {
    guard case .buffer(let buffer) = operand(value).location else { return false }
    return values.allSatisfy { other, operand in
      guard case .buffer(buffer) = operand.location else { return true }
      return lastReader[other, default: -1] <= groupIndex
    }
  }

  /// Whether two values lie in the same memory: one may be the other seen under other extents, or under another number.
  func sharesMemory(_ first: Int, _ second: Int) -> Bool {
    switch (operand(first).location, operand(second).location) {
    case (.buffer(let own), .buffer(let other)): own == other
    case (.fixed(let own), .fixed(let other)): own == other
    case (.images, .images): true
    default: false
    }
  }

  // MARK: Instructions

  func emit(_ module: String, _ pass: String, _ primitive: Primitive, _ arguments: [(Int32, Operand)]) {
    instructions.append(
      Instruction(
        module: module, pass: pass, implementation: primitive.implementation, work: .primitive(primitive, arguments)))
  }

  func append(_ instruction: Instruction) { instructions.append(instruction) }

  func emit(
    _ module: String, _ pass: String, kernel name: String, _ operands: [Operand], _ kernel: @escaping Instruction.Kernel
  ) {
    instructions.append(
      Instruction(module: module, pass: pass, implementation: name, work: .kernel(operands, kernel)))
  }

  // MARK: Parameters

  /// A vector of parameters in its home.
  func vector(_ index: Int, count: Int) throws(EngineError) -> Operand { try store.home(index, extents: [count]) }

  /// Memory that this program keeps and fills when parameters change.
  func keep(_ descriptor: Descriptor) throws(EngineError) -> Operand {
    let memory = try Memory(byteCount: descriptor.byteCount)
    copies.append(memory)
    return Operand(descriptor, .fixed(memory.start))
  }

  /// Adds an instruction whose operands have fixed places to those that renew copies of weights.
  func addPrologue(_ instruction: Instruction) throws(EngineError) {
    let scratch = try Memory(byteCount: scratchpadByteCount(of: instruction))
    copies.append(scratch)
    prologue.append(
      try BoundInstruction(instruction, backend: backend, scratchpad: scratch.start) { location in
        guard case .fixed(let place) = location else { preconditionFailure("weights are no part of the arena") }
        return place
      })
  }

  /// The temporary memory that an instruction asks for.
  func scratchpadByteCount(of instruction: Instruction) -> Int {
    guard case .primitive(let primitive, _) = instruction.work else { return 0 }
    return Descriptor(of: primitive, Argument.scratchpad)?.byteCount ?? 0
  }

  // MARK: Gradients

  /// Emits at the end of compilation what computes the gradients of a group, in reverse order.
  func record(_ emitter: @escaping () throws(EngineError) -> Void) { if training { tape.append(emitter) } }

  /// Whether the optimizer changes a parameter.
  func learns(_ index: Int) -> Bool { frozen.learns(index, of: graph) }

  /// Whether the gradient of a value is wanted; the images' is not, nor any before the first parameter that learns.
  func wantsGradient(_ value: Int) -> Bool { needsGradient.contains(value) }

  /// The complete gradient of a value, or `nil` when the loss does not depend on it.
  func takeGradient(of value: Int) -> Gradient? { gradients.removeValue(forKey: value) }

  /// The gradient of a value as far as it is known, which stays.
  func gradient(of value: Int) -> Gradient? { gradients[value] }

  /// Adds to the gradient of a value, if it is wanted.
  func contribute(_ value: Int, _ operand: Operand, isExclusive: Bool, module: String) throws(EngineError) {
    guard wantsGradient(value) else { return }
    guard let present = gradients[value] else {
      gradients[value] = Gradient(operand: operand, isExclusive: isExclusive)
      return
    }
    let addend = try reorder(operand, to: present.operand.descriptor, module: module, pass: "backward data")
    let target =
      present.isExclusive ? present.operand : isExclusive ? addend : allocate(present.operand.descriptor)
    emitSum(present.operand, addend, into: target, relu: false, module: module, pass: "backward data")
    gradients[value] = Gradient(operand: target, isExclusive: true)
  }

  /// The gradient of a group's result before its fused ReLU, if it has one.
  func unfuseReLU(_ gradient: Gradient, of group: FusedGraph.Group) throws(EngineError) -> Gradient {
    guard group.relu, !behindReLU.contains(group.output) else { return gradient }
    return try unfuseReLU(gradient, output: group.output, module: group.node.name)
  }

  /// Takes the gradient of a max pooling's result through the ReLU in front of the pooling, where nothing else reads the
  /// ReLU: what it lets through is where the pooled maximum is positive, and there are fewer maxima than inputs.
  func unfuseReLU(_ gradient: Gradient, beforePooling group: FusedGraph.Group) throws(EngineError) -> Gradient {
    let input = group.inputs[0]
    guard readerCount[input] == 1, input != fused.output, !isAttributed(input),
      fused.groups.contains(where: { $0.output == input && $0.relu && $0.unfusesReLU })
    else { return gradient }
    behindReLU.insert(input)
    return try unfuseReLU(gradient, output: group.output, module: group.node.name)
  }

  /// The gradient before a fused ReLU: zero where the ReLU's output is.
  func unfuseReLU(_ gradient: Gradient, output value: Int, module: String) throws(EngineError) -> Gradient {
    let output = operand(value)
    var gradient = gradient
    if !gradient.operand.descriptor.matches(output.descriptor) {
      gradient = Gradient(
        operand: try reorder(gradient.operand, to: output.descriptor, module: module, pass: "backward data"),
        isExclusive: true)
    }
    let result = gradient.isExclusive ? gradient.operand : allocate(output.descriptor)
    let count = output.descriptor.elementCount
    let threads = Int32(backend.threads)
    emit(module, "backward data", kernel: "zoo:relu", [output, gradient.operand, result]) { places, _ in
      zk_relu_backward(places[0].floats, places[1].floats, places[2].floats, count, threads)
    }
    return Gradient(operand: result, isExclusive: true)
  }
}

extension UnsafeMutableRawPointer {
  /// The memory as float32 elements.
  var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
}
