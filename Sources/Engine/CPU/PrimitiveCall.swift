import COneDNN

/// A primitive with its arguments bound to memory: what runs at every step.
final class PrimitiveCall {
  private let backend: Backend
  private let primitive: Primitive
  private let arguments: [Int32]
  private var memories: [OpaquePointer] = []
  private let scratchpad: Memory?

  /// - Parameter operands: Argument, layout and place of each. A scratchpad that is not among them is allocated.
  init(
    _ backend: Backend, _ primitive: Primitive, _ operands: [(Int32, Descriptor, UnsafeMutableRawPointer)]
  ) throws(EngineError) {
    self.backend = backend
    self.primitive = primitive
    var operands = operands
    if !operands.contains(where: { $0.0 == Argument.scratchpad }),
      let needed = Descriptor(of: primitive, Argument.scratchpad)
    {
      let memory = try Memory(byteCount: needed.byteCount)
      operands.append((Argument.scratchpad, needed, memory.start))
      scratchpad = memory
    } else {
      scratchpad = nil
    }
    arguments = operands.map(\.0)
    for (_, descriptor, place) in operands {
      memories.append(try required(zdnn_memory_create(backend.handle, descriptor.handle, place)))
    }
  }

  deinit { for memory in memories { zdnn_memory_destroy(memory) } }

  /// Moves an argument to another place.
  func move(_ argument: Int32, to place: UnsafeMutableRawPointer) throws(EngineError) {
    guard let index = arguments.firstIndex(of: argument) else { return }
    if zdnn_memory_set(memories[index], place) != 0 {
      throw EngineError(.backend, String(cString: zdnn_last_error()))
    }
  }

  /// Runs and waits.
  func run() throws(EngineError) {
    if zdnn_execute(backend.handle, primitive.handle, Int32(arguments.count), arguments, memories) != 0 {
      throw EngineError(.backend, String(cString: zdnn_last_error()))
    }
  }
}
