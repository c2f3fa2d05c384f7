import CKernels
import COneDNN
import Layers
import Tensors

/// Instructions bound to memory.
final class CompiledProgram {
  let batch: Int
  let shapes: [Shape]
  let training: Bool
  let logits: Operand
  /// Results beside the logits, in the plain layout.
  let outputs: [Operand]
  let batchCounters: [Int]
  /// Bytes of the arena, of the weights' copies and of scratch memory.
  let memoryByteCount: Int

  private let backend: Backend
  private let store: ParameterStore
  private let prologue: [BoundInstruction]
  private let instructions: [BoundInstruction]
  private let backwardStart: Int
  private let arena: Memory
  private let scratchpad: Memory
  private let copies: [Memory]
  private let logitsPlace: UnsafeMutableRawPointer?
  private let outputPlaces: [UnsafeMutableRawPointer?]
  /// The version of the parameters that the copies were made from.
  private var seenVersion = -1

  /// - Parameter arena: Gives memory of at least a size; programs that do not run at once may share it.
  init(_ compiler: Compiler, arena: (Int) throws(EngineError) -> Memory) throws(EngineError) {
    let (logits, outputs) = try compiler.compile()
    (self.logits, self.outputs) = (logits, outputs)
    batch = compiler.batch
    shapes = compiler.shapes
    training = compiler.training
    batchCounters = compiler.batchCounters
    backend = compiler.backend
    store = compiler.store
    prologue = compiler.prologue
    copies = compiler.copies
    backwardStart = compiler.backwardStart

    var buffers = compiler.bufferSizes.map { MemoryPlan.Buffer(byteCount: $0, firstUse: .max, lastUse: -1) }
    for (index, instruction) in compiler.instructions.enumerated() {
      for operand in instruction.operands {
        guard case .buffer(let buffer) = operand.location else { continue }
        buffers[buffer].firstUse = min(buffers[buffer].firstUse, index)
        buffers[buffer].lastUse = max(buffers[buffer].lastUse, index)
      }
    }
    for result in [logits] + outputs {
      if case .buffer(let buffer) = result.location { buffers[buffer].lastUse = compiler.instructions.count }
    }
    let plan = MemoryPlan(buffers)
    let memory = try arena(plan.byteCount)
    let scratchByteCount = compiler.instructions.map(compiler.scratchpadByteCount).max() ?? 0
    let scratch = try Memory(byteCount: scratchByteCount)
    self.arena = memory
    scratchpad = scratch
    memoryByteCount = plan.byteCount + scratchByteCount + compiler.copies.reduce(0) { $0 + $1.byteCount }

    func place(_ location: Operand.Location) -> UnsafeMutableRawPointer? {
      switch location {
      case .buffer(let buffer): memory.start + plan.offsets[buffer]
      case .fixed(let pointer): pointer
      case .images: nil
      }
    }
    var bound: [BoundInstruction] = []
    for instruction in compiler.instructions {
      bound.append(
        try BoundInstruction(instruction, backend: compiler.backend, scratchpad: scratch.start, place: place))
    }
    instructions = bound
    logitsPlace = place(logits.location)
    outputPlaces = outputs.map { place($0.location) }
  }

  /// The number of logits of an image.
  var classes: Int { logits.descriptor.extents[1] }

  /// What computes each layer.
  var implementations: [Implementation] {
    instructions.map { Implementation(module: $0.module, pass: $0.pass, name: $0.implementation) }
  }

  /// The forward pass, and the loss in training.
  func runForward(_ context: inout StepContext) throws(EngineError) {
    backend.enter()
    // Only inference makes copies of running statistics, folded into weights.
    let version = training ? store.weightsVersion : store.version
    if seenVersion != version {
      for instruction in prologue { try instruction.run(&context) }
      seenVersion = version
    }
    let end = training ? backwardStart : instructions.count
    for index in 0..<end { try instructions[index].run(&context) }
  }

  /// The backward pass with its updates.
  func runBackward(_ context: inout StepContext) throws(EngineError) {
    for index in backwardStart..<instructions.count { try instructions[index].run(&context) }
    countBatch(movesWeights: context.updates != nil)
  }

  /// The backward pass of a program that changes nothing.
  func runGradients(_ context: inout StepContext) throws(EngineError) {
    for index in backwardStart..<instructions.count { try instructions[index].run(&context) }
  }

  /// Of the backward pass the part that moves running statistics, and nothing else.
  func runStatistics(_ context: inout StepContext) throws(EngineError) {
    for instruction in instructions[backwardStart...] where instruction.pass == Instruction.runningStatistics {
      try instruction.run(&context)
    }
    countBatch(movesWeights: false)
  }

  private func countBatch(movesWeights: Bool) {
    store.countBatches(batchCounters)
    store.touch(weights: movesWeights)
  }

  /// The logits of the last forward pass, [N, classes].
  func copyLogits() -> Tensor { copy(logits, from: logitsPlace) }

  /// The results beside the logits of the last pass, [N, ...].
  func copyOutputs() -> [Tensor] { zip(outputs, outputPlaces).map { copy($0, from: $1) } }

  private func copy(_ operand: Operand, from place: UnsafeMutableRawPointer?) -> Tensor {
    Tensor(Shape(operand.descriptor.extents), dtype: .float32) { bytes in
      guard let place, let start = bytes.baseAddress else { return }
      start.copyMemory(from: place, byteCount: bytes.count)
    }
  }

  /// Runs every instruction of a step with a clock, the preparation of weights included: durations by module and pass, in
  /// order of execution.
  func profile(_ context: inout StepContext) throws(EngineError) -> [(Implementation, Duration)] {
    backend.enter()
    let clock = ContinuousClock()
    var result: [(Implementation, Duration)] = []
    for instruction in prologue + instructions {
      let start = clock.now
      try instruction.run(&context)
      result.append(
        (
          Implementation(module: instruction.module, pass: instruction.pass, name: instruction.implementation),
          clock.now - start
        ))
    }
    return result
  }
}
