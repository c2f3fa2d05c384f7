public import Layers
public import Tensors

/// A graph with its parameters on a device, and the programs compiled from it.
///
/// Not `Sendable`: one thread uses a network at a time. Compute threads are the engine's own affair.
public final class Network {
  public let graph: Graph
  public let device: Device
  public let options: ExecutionOptions

  /// A network whose parameters are not yet set.
  public init(_ graph: Graph, device: Device = .cpu, options: ExecutionOptions = ExecutionOptions()) throws(EngineError) {
    self.graph = graph
    self.device = device
    self.options = options
    preconditionFailure("stub")
  }

  /// Sets every parameter and buffer.
  /// - Throws: ``EngineError`` with all missing, unexpected, reshaped and retyped tensors; nothing is changed then.
  public func load(_ state: StateDict) throws(EngineError) { preconditionFailure("stub") }

  /// A copy of every parameter and buffer, in the order of the graph and in plain layouts.
  public func state() throws(EngineError) -> StateDict { preconditionFailure("stub") }

  /// A copy of the optimizer's tensors: `[parameter name: [slot: tensor]]`, empty before the first step.
  public func optimizerState() throws(EngineError) -> [String: [String: Tensor]] { preconditionFailure("stub") }

  /// Sets the optimizer's tensors, so that the next step goes on from them.
  public func loadOptimizerState(_ state: [String: [String: Tensor]]) throws(EngineError) { preconditionFailure("stub") }

  /// The program that trains on batches of a size; compiled once and kept.
  /// - Parameter inputSize: Height and width of the images.
  public func trainingProgram(batchSize: Int, inputSize: Pair) throws(EngineError) -> TrainingProgram {
    preconditionFailure("stub")
  }

  /// The program that infers on batches of a size; compiled once and kept. It always sees the current parameters.
  public func inferenceProgram(batchSize: Int, inputSize: Pair) throws(EngineError) -> InferenceProgram {
    preconditionFailure("stub")
  }
}

/// What one training step saw, computed before the update.
public struct StepResult: Sendable, Hashable {
  /// The mean cross entropy over the batch; not finite when training has diverged, and then nothing was updated.
  public let loss: Double
  /// How many images had their label as the largest logit.
  public let correct: Int
}

/// Forward, loss, backward and update for one batch size.
public final class TrainingProgram {
  /// The images of a batch.
  public let batchSize: Int
  /// Bytes that the program needs beside parameters and optimizer state.
  public let memoryByteCount: Int
  init() { preconditionFailure("stub") }

  /// One step of training.
  /// - Parameters:
  ///   - images: [N, C, H, W], float32, N = ``batchSize``.
  ///   - labels: N class indices.
  ///   - labelSmoothing: ε of Szegedy et al. 2016, in 0..<1.
  ///   - update: What the optimizer does.
  ///   - step: The global step, from 0: dropout masks are a function of (seed, step, layer).
  public func step(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, update: Update, step: Int
  ) throws(EngineError) -> StepResult { preconditionFailure("stub") }

  /// The gradient of the mean loss for every trainable parameter, without an update.
  public func gradients(
    images: Tensor, labels: [Int32], labelSmoothing: Double = 0, step: Int
  ) throws(EngineError) -> (result: StepResult, gradients: StateDict) { preconditionFailure("stub") }
}

/// The forward pass for one batch size, batch normalisation folded into convolutions and dropout left out.
public final class InferenceProgram {
  /// The images of a batch.
  public let batchSize: Int
  /// Bytes that the program needs beside parameters.
  public let memoryByteCount: Int
  init() { preconditionFailure("stub") }

  /// The logits [N, classes] of images [N, C, H, W].
  public func logits(images: Tensor) throws(EngineError) -> Tensor { preconditionFailure("stub") }
}

/// How one node of the graph is computed.
public struct Implementation: Sendable, Hashable {
  /// The module path.
  public let module: String
  /// `forward`, `backward data`, `backward weights`.
  public let pass: String
  /// oneDNN's name, `jit:avx2`, or our kernel's.
  public let name: String
}

extension TrainingProgram {
  /// What computes each layer, in order of execution.
  public var implementations: [Implementation] { preconditionFailure("stub") }
}

extension InferenceProgram {
  /// What computes each layer, in order of execution.
  public var implementations: [Implementation] { preconditionFailure("stub") }
}
