import Layers
public import Tensors

/// The forward pass of inference for one batch size that gives inner values beside the logits.
public final class FeatureProgram {
  private let program: CompiledProgram

  init(_ program: CompiledProgram) { self.program = program }

  /// The images of a batch.
  public var batchSize: Int { program.batch }

  /// Bytes that the program needs beside parameters. Programs of one network share most of them.
  public var memoryByteCount: Int { program.memoryByteCount }

  /// What computes each layer, in order of execution.
  public var implementations: [Implementation] { program.implementations }

  /// The logits [N, classes] of images, and the values that were asked for, [N, ...] each.
  /// - Parameter images: [N, C, H, W], float32, N = ``batchSize``.
  /// - Throws: ``EngineError`` for images that do not fit.
  public func run(images: Tensor) throws(EngineError) -> (logits: Tensor, values: [Tensor]) {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start)
      try program.runForward(&context)
      return (program.copyLogits(), program.copyOutputs())
    }
  }
}

/// The derivative of one logit of each image for an inner value, in inference: batch normalisation by its running
/// statistics, and nothing left out at random. Parameters and statistics stay as they are.
public final class AttributionProgram {
  private let program: CompiledProgram

  init(_ program: CompiledProgram) { self.program = program }

  /// The images of a batch.
  public var batchSize: Int { program.batch }

  /// What a batch gave.
  public struct Result: Sendable {
    /// [N, classes]
    public let logits: Tensor
    /// The value, [N, ...].
    public let value: Tensor
    /// ∂ logit / ∂ value, of the extents of the value.
    public let gradient: Tensor
  }

  /// Logits, the value and the derivative of a logit for it.
  /// - Parameters:
  ///   - images: [N, C, H, W], float32, N = ``batchSize``.
  ///   - classes: The logit of each image that is derived; its largest when `nil`.
  /// - Throws: ``EngineError`` for images or classes that do not fit.
  public func run(images: Tensor, classes: [Int]? = nil) throws(EngineError) -> Result {
    let count = program.classes
    if let classes, classes.count != batchSize || !classes.allSatisfy({ (0..<count).contains($0) }) {
      throw EngineError(
        .shape, "classes \(classes) do not fit \(batchSize) images of a network with classes 0 to \(count - 1)")
    }
    return try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start)
      if let classes {
        context.targets = .classes(classes.map(Int32.init))
        try program.runForward(&context)
      } else {
        // Which logit is the largest is known after a first pass alone.
        context.targets = .classes(Array(repeating: 0, count: batchSize))
        try program.runForward(&context)
        let logits = program.copyLogits().elements(as: Float.self)
        let largest = (0..<batchSize).map { row in
          (0..<count).max { logits[row * count + $0] < logits[row * count + $1] } ?? 0
        }
        context.targets = .classes(largest.map(Int32.init))
        try program.runForward(&context)
      }
      let logits = program.copyLogits()
      try program.runGradients(&context)
      let outputs = program.copyOutputs()
      return Result(logits: logits, value: outputs[0], gradient: outputs[1])
    }
  }
}

extension Compiler.Purpose {
  var isAttribution: Bool { if case .attribution = self { true } else { false } }
}

extension Frozen {
  /// Nothing of a graph learns, and no statistics move.
  static func everything(of graph: Graph) -> Frozen {
    Frozen(parameters: Set(graph.parameters.map(\.name)), fixesStatistics: true)
  }
}
