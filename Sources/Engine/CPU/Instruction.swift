/// A memory that an instruction reads or writes: its layout and where it is.
struct Operand {
  /// Where the bytes are.
  enum Location {
    /// A buffer of the program's arena.
    case buffer(Int)
    /// Memory that outlives the program: a parameter's.
    case fixed(UnsafeMutableRawPointer)
    /// The images of the batch, given at every step.
    case images
  }

  let descriptor: Descriptor
  let location: Location

  init(_ descriptor: Descriptor, _ location: Location) {
    self.descriptor = descriptor
    self.location = location
  }
}

/// What changes from step to step.
struct StepContext {
  /// Of the batch, [N, C, H, W].
  var images: UnsafeMutableRawPointer
  var targets: Targets = .classes([])
  var loss = CrossEntropy()
  /// The global step: dropout masks depend on it.
  var step = 0
  /// What the optimizer does with gradients; `nil` when they are collected.
  var updates: Updates?
  /// Takes the gradient of a parameter instead of the optimizer.
  var collect: ((_ parameter: Int, _ gradient: UnsafeMutablePointer<Float>) throws(EngineError) -> Void)?
  /// Whether gradients are kept for a later update.
  var keeps = false
  /// Whether the statistics of every batch normalisation are finite numbers.
  var isFinite = true
  /// Filled by the loss.
  var result = StepResult(loss: 0, lossSum: 0, weight: 0, counted: 0, correct: 0)
}

/// One thing that a program does, before its buffers have places.
struct Instruction {
  /// A kernel of ours over the places of the operands.
  typealias Kernel = (_ places: [UnsafeMutableRawPointer], _ context: inout StepContext) throws(EngineError) -> Void

  enum Work {
    case primitive(Primitive, [(Int32, Operand)])
    case kernel([Operand], Kernel)
  }

  /// The pass of instructions that move the running statistics of batch normalisation.
  static let runningStatistics = "running statistics"

  let module: String
  let pass: String
  let implementation: String
  let work: Work

  /// The operands in any order.
  var operands: [Operand] {
    switch work {
    case .primitive(_, let arguments): arguments.map(\.1)
    case .kernel(let operands, _): operands
    }
  }
}

/// An instruction whose operands have places.
final class BoundInstruction {
  private enum Work {
    case primitive(PrimitiveCall, imageArguments: [Int32])
    case kernel([UnsafeMutableRawPointer], images: [Int], Instruction.Kernel)
  }

  let module: String
  let pass: String
  let implementation: String
  private let work: Work

  init(
    _ instruction: Instruction, backend: Backend, scratchpad: UnsafeMutableRawPointer,
    place: (Operand.Location) -> UnsafeMutableRawPointer?
  ) throws(EngineError) {
    module = instruction.module
    pass = instruction.pass
    implementation = instruction.implementation
    switch instruction.work {
    case .primitive(let primitive, let arguments):
      var images: [Int32] = []
      var operands: [(Int32, Descriptor, UnsafeMutableRawPointer)] = []
      for (argument, operand) in arguments {
        let target = place(operand.location)
        if target == nil { images.append(argument) }
        // The images' place is set before every run; until then any address serves.
        operands.append((argument, operand.descriptor, target ?? scratchpad))
      }
      if let needed = Descriptor(of: primitive, Argument.scratchpad) {
        operands.append((Argument.scratchpad, needed, scratchpad))
      }
      work = .primitive(try PrimitiveCall(backend, primitive, operands), imageArguments: images)
    case .kernel(let operands, let kernel):
      let places = operands.map { place($0.location) }
      let images = places.indices.filter { places[$0] == nil }
      work = .kernel(places.map { $0 ?? scratchpad }, images: images, kernel)
    }
  }

  func run(_ context: inout StepContext) throws(EngineError) {
    switch work {
    case .primitive(let call, let imageArguments):
      for argument in imageArguments { try call.move(argument, to: context.images) }
      try call.run()
    case .kernel(var places, let images, let kernel):
      for index in images { places[index] = context.images }
      try kernel(places, &context)
    }
  }
}
