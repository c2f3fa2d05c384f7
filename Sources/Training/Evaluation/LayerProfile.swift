import Engine
import Layers
import Tensors

/// How long each layer of a model takes: medians over several passes of one batch.
public struct LayerProfile: Sendable {
  /// Milliseconds of a batch.
  public struct Time: Sendable, Hashable {
    /// The forward pass, with what brings weights into the layout of the layer in training.
    public internal(set) var forward = 0.0
    /// The gradients of input and parameters, and running statistics.
    public internal(set) var backward = 0.0
    /// The optimizer's change of the parameters.
    public internal(set) var update = 0.0

    /// All of it.
    public var total: Double { forward + backward + update }
  }

  /// What was measured.
  public let mode: SpeedTest.Mode
  /// Images of a pass.
  public let batchSize: Int
  /// How many passes were timed.
  public let passes: Int
  /// For each node of the graph; `nil` for those that are computed together with one before them, or not at all. Of several
  /// nodes of one module the first has the time of all.
  public let layers: [Time?]
  /// What belongs to no layer: the loss.
  public let other: Time
  /// The median of whole passes, in milliseconds.
  public let total: Double
}

extension SpeedTest {
  /// Times every layer.
  /// - Parameters:
  ///   - passes: How many are timed, at least 1.
  ///   - warmup: Passes before, which are not.
  /// - Throws: `EngineError` when the network does not take such a batch.
  public func profile(_ mode: Mode, passes: Int, warmup: Int = 2) throws -> LayerProfile {
    precondition(passes >= 1, "a profile of \(passes) passes measures nothing")
    let pass: (Int) throws -> [(Implementation, Duration)]
    switch mode {
    case .train:
      let program = try network.trainingProgram(batchSize: labels.count, inputSize: inputSize)
      let rule = UpdateRule.sgd(momentum: 0.9, weightDecay: 1e-4)
      pass = { [images, labels] index in
        try program.profile(
          images: images, labels: labels, update: Update(rule: rule, learningRate: 0.001, step: index + 1), step: index)
      }
    case .infer:
      let program = try network.inferenceProgram(batchSize: labels.count, inputSize: inputSize)
      // Weights are prepared once, not in every pass.
      pass = { [images] _ in try program.profile(images: images).filter { $0.0.pass != "weights" } }
    }
    for index in 0..<warmup { _ = try pass(index) }
    let graph = network.graph
    var owners: [String: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for name in [node.name] + node.parameters.map({ graph.parameters[$0].name }) where owners[name] == nil {
        owners[name] = index
      }
    }
    var layers: [Int: [LayerProfile.Time]] = [:]
    var (others, totals): ([LayerProfile.Time], [Double]) = ([], [])
    for index in 0..<passes {
      var own: [Int: LayerProfile.Time] = [:]
      var other = LayerProfile.Time()
      for (implementation, duration) in try pass(warmup + index) {
        if let node = owners[implementation.module] {
          own[node, default: LayerProfile.Time()].add(duration / .milliseconds(1), of: implementation.pass)
        } else {
          other.add(duration / .milliseconds(1), of: implementation.pass)
        }
      }
      for (node, time) in own { layers[node, default: []].append(time) }
      others.append(other)
      totals.append(own.values.reduce(other.total) { $0 + $1.total })
    }
    return LayerProfile(
      mode: mode, batchSize: labels.count, passes: passes,
      layers: graph.nodes.indices.map { layers[$0].map(LayerProfile.Time.init(medianOf:)) },
      other: LayerProfile.Time(medianOf: others), total: Self.median(totals))
  }
}

extension LayerProfile.Time {
  fileprivate init(medianOf times: [Self]) {
    forward = SpeedTest.median(times.map(\.forward))
    backward = SpeedTest.median(times.map(\.backward))
    update = SpeedTest.median(times.map(\.update))
  }

  fileprivate mutating func add(_ milliseconds: Double, of pass: String) {
    if pass.hasPrefix("forward") || pass == "weights" {
      forward += milliseconds
    } else if pass.hasPrefix("update") {
      update += milliseconds
    } else {
      backward += milliseconds
    }
  }
}
