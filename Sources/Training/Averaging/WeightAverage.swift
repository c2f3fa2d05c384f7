public import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// The mean of the weights of several checkpoints of one net, which often generalises better than each of them
/// (Izmailov et al. 2018, arXiv:1803.05407).
///
/// Batch normalisation's running statistics belong to the activations, not to the weights, and the mean of statistics is
/// not that of the averaged net: they are measured anew on the training images, as PyTorch's
/// `torch.optim.swa_utils.update_bn` does.
public struct WeightAverage {
  /// The mean, with no optimizer and no position.
  public private(set) var snapshot: Snapshot
  /// Whether there are averages that training kept with an ``AverageSettings/decay``, and the weights themselves were taken.
  public let leavesOutAverages: Bool
  private let settings: TrainingSettings?

  /// The mean of checkpoints.
  /// - Parameters:
  ///   - files: At least two, each with its name for the record.
  ///   - weights: Which weights of each file.
  /// - Throws: ``TrainingError`` when they are not of one architecture with the same tensors, or hold no average that is
  ///   asked for.
  public init(of files: [(name: String, file: CheckpointFile)], weights: TrainedModel.Weights = .net) throws {
    guard let first = files.first, files.count >= 2 else {
      throw TrainingError(.mismatch, "an average is made of at least two checkpoints")
    }
    let opened = try files.map { try $0.file.snapshot() }
    let snapshots = try weights == .net ? opened : zip(opened, files).map { try $0.averaged(from: $1.file.path) }
    leavesOutAverages = weights == .net && opened.contains { $0.averaged != nil }
    let net = snapshots[0].netShapes
    for (other, (name, _)) in zip(snapshots, files).dropFirst() {
      guard other.metadata.architecture == snapshots[0].metadata.architecture,
        other.netShapes.elementsEqual(net, by: ==)
      else {
        throw TrainingError(
          .mismatch, at: name.terminalEscaped,
          "does not hold the tensors of \(first.name.terminalEscaped); only checkpoints of one architecture and number of "
            + "classes can be averaged ('zoo diff' shows the differences)")
      }
    }
    var mean = StateDict()
    for (name, _) in net { mean[name] = try Self.mean(snapshots.compactMap { try $0.netTensor(name) }) }
    let metadata = snapshots[0].metadata
    snapshot = metadata
    snapshot.net = mean
    snapshot.optimizer = nil
    snapshot.position = nil
    snapshot.schedule = .null
    snapshot.metrics = .null
    snapshot.settings = .null
    snapshot.seed = nil
    snapshot.created = nil
    snapshot.provenance = .array(
      (metadata.provenance.array ?? []) + [["averaged": .array(files.map { .string($0.name) })]])
    settings =
      metadata.settings == .null ? nil : try metadata.settings.decoded(of: "settings", in: first.file.path)
  }

  /// The mean in double precision, rounded once. Counters are the largest of all.
  private static func mean(_ tensors: [Tensor]) throws -> Tensor {
    let first = tensors[0]
    guard first.dtype.isFloatingPoint else {
      let counts = tensors.map { tensor -> Double in
        var largest = -Double.infinity
        tensor.forEachBlock { largest = max(largest, $0.max() ?? largest) }
        return largest
      }
      return zip(tensors, counts).max { $0.1 < $1.1 }?.0 ?? first
    }
    var sums = [Double](repeating: 0, count: first.count)
    for tensor in tensors {
      var start = 0
      tensor.forEachBlock { block in
        for (index, number) in block.enumerated() { sums[start + index] += number }
        start += block.count
      }
    }
    let count = Double(tensors.count)
    for index in sums.indices { sums[index] /= count }
    let mean = Tensor(sums, shape: first.shape)
    guard let converted = mean.converted(to: first.dtype) else { preconditionFailure("both are floating-point types") }
    return converted.tensor
  }

  /// Whether the net has batch normalisation, whose statistics must be measured.
  public var needsStatistics: Bool { snapshot.net.names.contains { $0.hasSuffix(".running_mean") } }

  /// Measures the statistics of batch normalisation on training images: the mean over batches, each counting the same.
  /// - Parameters:
  ///   - data: The training images; those of the first checkpoint's training when `nil`.
  ///   - batches: At most so many batches; all images when `nil`.
  ///   - changes: Threads and the like that are different now.
  ///   - onProgress: Called after each batch with how many are done, of how many.
  /// - Throws: ``TrainingError`` when a checkpoint does not say its training data and none was given, and any error of
  ///   reading it.
  public mutating func measureStatistics(
    data: String? = nil, batches limit: Int? = nil, changing changes: ResumeChanges = ResumeChanges(),
    onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    try measureStatistics(data: data, batches: limit, changing: changes, entry: nil, onProgress)
  }

  /// The same with a model that need not be the registry's.
  mutating func measureStatistics(
    data: String?, batches limit: Int?, changing changes: ResumeChanges, entry: ModelEntry?,
    _ onProgress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    guard var settings else {
      throw TrainingError(
        .mismatch, "the checkpoints do not say how they were trained, so batch normalisation cannot be measured anew")
    }
    settings = settings.changed(by: changes)
    settings.data = data ?? settings.data
    let preparation = try Preparation(settings, entry: entry)
    let network = try preparation.network()
    try network.load(snapshot.net, of: preparation.entry, from: "the average")
    var meter = StatisticsMeter(preparation.graph)
    let total = min(preparation.loader.batchCount, limit ?? .max)
    let iterator = try preparation.loader.epoch(0)
    defer { iterator.cancel() }
    while meter.batchCount < total, let batch = try iterator.next() {
      try meter.prepare(network)
      try network.trainingProgram(batchSize: batch.count, inputSize: Pair(preparation.inputSize))
        .observe(images: batch.images, step: meter.batchCount)
      try meter.add(network)
      onProgress(meter.batchCount, total)
    }
    meter.write(into: &snapshot.net)
  }
}

/// Adds up the statistics of each batch, which the engine only gives mixed with those before.
private struct StatisticsMeter {
  private var sums: [String: [Double]] = [:]
  private var before: [String: [Double]] = [:]
  /// The share that a new batch has in each buffer.
  private var momenta: [String: Double] = [:]
  private(set) var batchCount = 0

  init(_ graph: Graph) {
    for node in graph.nodes {
      guard case .batchNorm2d(_, _, let momentum) = node.operation else { continue }
      for name in node.parameters.map({ graph.parameters[$0] }).filter({ $0.role == .buffer && $0.dtype == .float32 }) {
        momenta[name.name] = momentum
        sums[name.name] = Array(repeating: 0, count: name.shape.count)
      }
    }
  }

  mutating func prepare(_ network: Network) throws { before = try read(network) }

  /// What the last batch had: from m · batch + (1 − m) · before, as the forward pass has left it.
  mutating func add(_ network: Network) throws {
    for (name, after) in try read(network) {
      guard let old = before[name], let momentum = momenta[name], momentum > 0 else { continue }
      for index in after.indices { sums[name]?[index] += (after[index] - (1 - momentum) * old[index]) / momentum }
    }
    batchCount += 1
  }

  func write(into net: inout StateDict) {
    guard batchCount > 0 else { return }
    for (name, sum) in sums {
      net[name] = Tensor(sum.map { Float($0 / Double(batchCount)) }, shape: [sum.count])
    }
    for name in net.names where name.hasSuffix(".num_batches_tracked") { net[name] = Tensor(scalar: Int64(batchCount)) }
  }

  private func read(_ network: Network) throws -> [String: [Double]] {
    try network.withLentState { state, _, _ in
      var values: [String: [Double]] = [:]
      for name in sums.keys {
        var numbers: [Double] = []
        state[name]?.forEachBlock { numbers += $0 }
        values[name] = numbers
      }
      return values
    }
  }
}
