import Layers

/// The training program of a small network in bfloat16, made to see whether it can be: what flags of the processor say
/// about it differs from one version of oneDNN to the next.
struct BFloat16Trial {
  /// What computes each layer.
  let implementations: [Implementation]

  /// - Throws: ``EngineError`` that names the layer for which there is no kernel.
  init() throws(EngineError) {
    let graph = Graph(
      inputChannels: 3,
      Sequential([
        Conv2d(3, 16, kernel: 3, padding: 1), ReLU(), Conv2d(16, 16, kernel: 3, padding: 1), Flatten(),
        Linear(16 * 64, 16), ReLU(), Linear(16, 16),
      ]))
    let network = try Network(unchecked: graph, options: ExecutionOptions(threads: 1, precision: .bfloat16))
    implementations = try network.trainingProgram(batchSize: 2, inputSize: 8).implementations
  }
}
