public import Tensors

/// The forward pass for one batch size, batch normalisation folded into convolutions and dropout left out.
public final class InferenceProgram {
  private let program: CompiledProgram

  init(_ program: CompiledProgram) { self.program = program }

  /// The images of a batch.
  public var batchSize: Int { program.batch }

  /// Bytes that the program needs beside parameters. Programs of one network share most of them.
  public var memoryByteCount: Int { program.memoryByteCount }

  /// What computes each layer, in order of execution.
  public var implementations: [Implementation] { program.implementations }

  /// The logits [N, classes] of images.
  /// - Parameter images: [N, C, H, W], float32, N = ``batchSize``.
  /// - Throws: ``EngineError`` for images that do not fit.
  public func logits(images: Tensor) throws(EngineError) -> Tensor {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start)
      try program.runForward(&context)
      return program.copyLogits()
    }
  }

  /// One pass with a clock around every instruction.
  package func profile(images: Tensor) throws(EngineError) -> [(Implementation, Duration)] {
    try images.withImages(of: program) { start throws(EngineError) in
      var context = StepContext(images: start)
      return try program.profile(&context)
    }
  }
}

/// How one node of the graph is computed.
public struct Implementation: Sendable, Hashable {
  /// The module path.
  public let module: String
  /// `forward`, `backward data`, `backward weights`, `update` and the like.
  public let pass: String
  /// oneDNN's name, `jit:avx2`, or our kernel's, `zoo:winograd`.
  public let name: String
}

extension Tensor {
  /// Gives a batch's memory to a program after checking that it fits.
  func withImages<R>(
    of program: CompiledProgram, _ body: (UnsafeMutableRawPointer) throws(EngineError) -> R
  ) throws(EngineError) -> R {
    let expected = Shape([program.batch] + program.shapes[0].dimensions)
    guard dtype == .float32, shape == expected else {
      throw EngineError(
        .shape, "images are \(dtype.rawValue) \(shape), and the program takes float32 \(expected)")
    }
    return try withUnsafeBytes { bytes throws(EngineError) in
      guard let start = bytes.baseAddress else { preconditionFailure("a batch has at least one image") }
      // The program only reads its images.
      return try body(UnsafeMutableRawPointer(mutating: start))
    }
  }
}
