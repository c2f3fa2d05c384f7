public import Layers
import Tensors

/// The fastest algorithm of each convolution of a network, found by timing them: what `torch.backends.cudnn.benchmark` does,
/// but once, and with a result that can be kept.
///
/// Results of the algorithms differ in the last bits. A training that is to go on as if it had not been interrupted keeps
/// ``algorithms`` and gives them to ``ExecutionOptions/algorithms`` again.
public struct AlgorithmSearch: Sendable, Hashable {
  /// The choice for each convolution, by module name.
  public let algorithms: [String: ConvolutionAlgorithm]
  /// The fastest training step with this choice, in milliseconds.
  public let milliseconds: Double
  /// The fastest step with the choice that is made without a search.
  public let usualMilliseconds: Double

  /// Another choice must be so much faster than the usual one, because times vary.
  private static let gain = 0.99

  /// Times training steps on images of zeros: with the usual choice, with direct convolutions only, and with the faster of
  /// both for each convolution. The needed memory is that of one training.
  /// - Parameters:
  ///   - batchSize: Images in a batch.
  ///   - inputSize: Height and width of the images.
  ///   - options: How the network is going to be computed; what ``ExecutionOptions/allowsWinograd`` forbids is not tried.
  ///   - frozen: What does not learn.
  ///   - keepsGradients: Whether gradients are kept for a later update, as those of several batches or clipped ones are: a
  ///     step is a pass that keeps them then. The update is the same for all algorithms, and is left out.
  ///   - steps: Timed steps of each; the fastest counts, because others on the machine only ever make them slower.
  /// - Throws: ``EngineError`` when the graph does not take such images, or the machine has no memory for it.
  public init(
    _ graph: Graph, batchSize: Int, inputSize: Pair, options: ExecutionOptions, frozen: Frozen = Frozen(),
    keepsGradients: Bool = false, steps: Int = 5
  ) throws(EngineError) {
    func time(_ algorithms: [String: ConvolutionAlgorithm]) throws(EngineError) -> Timing {
      var options = options
      options.algorithms = algorithms
      return try Timing(
        graph, batchSize: batchSize, inputSize: inputSize, options, frozen, keepsGradients: keepsGradients, steps: steps
      )
    }
    let usual = try time([:])
    let allDirect = usual.algorithms.mapValues { _ in ConvolutionAlgorithm.direct }
    var best = usual
    if usual.algorithms != allDirect {
      let direct = try time(allDirect)
      let mixed = Dictionary(
        uniqueKeysWithValues: usual.algorithms.map { name, algorithm in
          (name, direct.seconds(of: name) < Self.gain * usual.seconds(of: name) ? .direct : algorithm)
        })
      var others = [direct]
      // Neighbours that agree on a layout save reordering, so the mixture is not always what its parts promise.
      if mixed != usual.algorithms, mixed != allDirect { others.append(try time(mixed)) }
      if let fastest = others.min(by: { $0.seconds < $1.seconds }), fastest.seconds < Self.gain * usual.seconds {
        best = fastest
      }
    }
    algorithms = best.algorithms
    milliseconds = best.seconds * 1000
    usualMilliseconds = usual.seconds * 1000
  }
}

/// How long the modules of a network take.
private struct Timing {
  /// What computes each convolution.
  let algorithms: [String: ConvolutionAlgorithm]
  /// The fastest step.
  let seconds: Double
  /// The fastest passes of each module, added.
  private let modules: [String: Double]

  func seconds(of module: String) -> Double { modules[module] ?? 0 }

  init(
    _ graph: Graph, batchSize: Int, inputSize: Pair, _ options: ExecutionOptions, _ frozen: Frozen,
    keepsGradients: Bool, steps: Int
  ) throws(EngineError) {
    precondition(steps >= 1, "\(steps) steps tell no time")
    let network = try Network(graph, options: options, frozen: frozen)
    var state = StateDict()
    for parameter in graph.parameters { state[parameter.name] = Tensor(zeros: parameter.shape, dtype: parameter.dtype) }
    try network.load(state)
    let program = try network.trainingProgram(batchSize: batchSize, inputSize: inputSize)
    let images = Tensor(zeros: [batchSize, graph.inputChannels, inputSize.height, inputSize.width])
    let labels = [Int32](repeating: 0, count: batchSize)
    let update = Update(rule: .sgd(), learningRate: 0, step: 1)
    var fastest: [Double] = []
    var passes: [(Implementation, Duration)] = []
    var total = Double.infinity
    // The first step warms up.
    for step in 0...steps {
      passes = try program.profile(images: images, labels: labels, update: keepsGradients ? nil : update, step: step)
      let times = passes.map { $0.1 / .seconds(1) }
      if step == 0 { continue }
      total = min(total, times.reduce(0, +))
      fastest = fastest.isEmpty ? times : zip(fastest, times).map { min($0, $1) }
    }
    seconds = total
    modules = zip(passes, fastest).reduce(into: [:]) { $0[$1.0.0.module, default: 0] += $1.1 }
    let convolutions = Set(graph.nodes.filter(\.isConvolution).map(\.name))
    algorithms = passes.reduce(into: [:]) { found, pass in
      let implementation = pass.0
      guard implementation.pass == "forward", convolutions.contains(implementation.module) else { return }
      let algorithm = ConvolutionAlgorithm(implementation: implementation.name)
      // Reorders of the same module are no convolutions.
      if algorithm != .direct || found[implementation.module] == nil { found[implementation.module] = algorithm }
    }
  }
}

extension Graph.Node {
  fileprivate var isConvolution: Bool {
    if case .conv2d = operation { true } else { false }
  }
}
