import Checkpoint
import Datasets
import Engine
import Layers
import Tensors
import Zoo

/// What settings mean: the network's graph, the data and the schedule. Making it reads no image and writes no file, so
/// wrong settings leave nothing behind.
struct Preparation {
  private(set) var settings: TrainingSettings
  let entry: ModelEntry
  let arguments: ModelArguments
  let graph: Graph
  /// Which parameters are updated how.
  let groups: ParameterGroups
  /// Which parameters keep their values.
  let frozen: Frozen
  let loss: CrossEntropy
  let inputSize: Int
  let device: Device
  let data: TrainingData
  /// The names of the network's outputs.
  let classNames: [String]
  let loader: DataLoader
  let validationLoader: DataLoader?
  let schedule: Schedule

  /// Whether a last batch of a single image is left out, because batch normalisation could not train on it.
  let leavesOutLastImage: Bool

  /// Batches of an epoch.
  let batchesPerEpoch: Int
  /// Steps of the optimizer in an epoch; the last one may have fewer batches than the others.
  let stepsPerEpoch: Int
  /// Images of an epoch.
  let imagesPerEpoch: Int

  /// What the user should know about the settings.
  let notices: [String]

  /// Checks settings.
  /// - Parameters:
  ///   - entry: The model, when it is not the registry's of that name.
  ///   - opened: The data of these settings, when it is open already.
  init(_ settings: TrainingSettings, entry model: ModelEntry? = nil, data opened: TrainingData? = nil) throws {
    try settings.validate()
    self.settings = settings
    device = try Device(parsing: settings.device)
    try settings.precision.check()
    entry = try model ?? settings.entry()
    // From here on the run needs no file of the architecture.
    if let definition = entry.definition {
      (self.settings.model, self.settings.architecture) = (entry.name, definition)
    }
    inputSize = settings.inputSize ?? entry.inputSize

    var arguments = entry.arguments(inputSize: inputSize)
    arguments.initWeights = settings.initWeights
    arguments.dropout = settings.dropout
    data = try opened ?? TrainingData(settings, inputSize: inputSize, channels: entry.inputChannels)
    classNames = try Self.classNames(data.classNames, wanted: settings.classes)
    arguments.numClasses = classNames.count
    let images = Self.learnedByHeart(data.training, settings)
    loss = try settings.loss.crossEntropy(
      labelSmoothing: settings.labelSmoothing, counts: images.classCounts, classNames: classNames)
    notices = Self.notices(settings, classCount: data.classNames.count)
    self.arguments = arguments
    graph = try entry.build(arguments)
    groups = try ParameterGroups(settings.optimizer, graph)
    frozen = try settings.freezing.frozen(in: graph)
    // Says at once when the images are too small for the model.
    let shapes = try graph.shapes(input: [graph.inputChannels, inputSize, inputSize], training: true)

    leavesOutLastImage =
      images.count > 1 && images.count % settings.batchSize == 1 && settings.batchSize > 1
      && graph.normalizesSingleValues(shapes, frozen)
    var options = DataLoader.Options(
      batchSize: settings.batchSize, shuffle: settings.overfitBatches == nil, seed: settings.seed,
      workers: settings.workers, dropLast: leavesOutLastImage,
      corruptImages: settings.skipsCorruptImages ? .replace : .fail)
    options.mixing = settings.mixing
    if settings.reading.sampler == .balanced, settings.overfitBatches == nil {
      options.classWeights = images.balancedClassWeights
    }
    loader = try DataLoader(images, preprocessing: data.preprocessing.training, options: options)
    validationLoader = try Self.validationLoader(
      settings.overfitBatches == nil ? data.validation : images, data.preprocessing, settings)
    batchesPerEpoch = min(loader.batchCount, settings.limitBatches ?? .max)
    stepsPerEpoch = (batchesPerEpoch + settings.gradients.accumulate - 1) / settings.gradients.accumulate
    imagesPerEpoch = min(images.count, batchesPerEpoch * settings.batchSize)
    schedule = Schedule(
      settings.schedule, learningRate: settings.optimizer.learningRate, epochs: settings.epochs,
      stepsPerEpoch: stepsPerEpoch)
  }

  private static func notices(_ settings: TrainingSettings, classCount: Int) -> [String] {
    var notices: [String] = []
    if settings.reading.sampler == .balanced, settings.loss.classWeights == .balanced {
      notices.append(
        "balanced sampling and balanced class weights each make all classes count the same; together they favour rare ones"
      )
    }
    if let label = settings.loss.ignoredLabel, !(0..<classCount).contains(label) {
      notices.append("no image has the ignored label \(label): classes are 0 to \(classCount - 1)")
    }
    return notices
  }

  /// One name for each output: the data's, and `unused N` for outputs that no image has.
  private static func classNames(_ names: [String], wanted: Int?) throws(TrainingError) -> [String] {
    guard let wanted, wanted != names.count else { return names }
    guard wanted > names.count else {
      throw TrainingError(
        .mismatch,
        "the data has \(names.count) classes, but the network is to have \(wanted); leave out '--classes' to take the "
          + "data's number")
    }
    return names + (names.count..<wanted).map { "unused \($0)" }
  }

  private static func validationLoader(
    _ validation: (any Dataset)?, _ preprocessing: PreprocessingPair, _ settings: TrainingSettings
  ) throws(DatasetsError) -> DataLoader? {
    guard let validation else { return nil }
    return try DataLoader(
      limited(validation, settings), preprocessing: preprocessing.evaluation,
      options: DataLoader.Options(
        batchSize: settings.batchSize, workers: settings.workers,
        corruptImages: settings.skipsCorruptImages ? .leaveOut : .fail))
  }

  /// The images of a training: all, or those of a few batches that are chosen at random once.
  private static func learnedByHeart(_ dataset: any Dataset, _ settings: TrainingSettings) -> any Dataset {
    guard let batches = settings.overfitBatches, batches * settings.batchSize < dataset.count else { return dataset }
    var random = RandomSource(seed: settings.seed, purpose: .split, first: UInt64(dataset.classNames.count + 1))
    return SubsetDataset(dataset, Array(random.permutation(dataset.count).prefix(batches * settings.batchSize)))
  }

  /// The images of a validation: all, or a random part of them that is always the same.
  private static func limited(_ dataset: any Dataset, _ settings: TrainingSettings) -> any Dataset {
    guard let batches = settings.limitValidationBatches, batches * settings.batchSize < dataset.count else {
      return dataset
    }
    var random = RandomSource(seed: settings.seed, purpose: .split, first: UInt64(dataset.classNames.count))
    return SubsetDataset(dataset, random.permutation(dataset.count).prefix(batches * settings.batchSize).sorted())
  }

  /// What the network is to say of a batch.
  func targets(of batch: Batch) -> Targets {
    batch.probabilities(classes: classNames.count).map { .probabilities($0) } ?? .classes(batch.labels)
  }

  /// Finds the fastest algorithm of each convolution where that is wanted, and keeps it in the settings.
  /// - Returns: What the user should know about it, in a line.
  mutating func searchAlgorithms() throws(EngineError) -> [String] {
    guard settings.searchesAlgorithms, settings.algorithms == nil else { return [] }
    let search = try AlgorithmSearch(
      graph, batchSize: min(settings.batchSize, loader.dataset.count), inputSize: Pair(inputSize),
      options: settings.execution, frozen: frozen, keepsGradients: settings.gradients.keepsGradients)
    settings.algorithms = search.algorithms
    return [search.summary]
  }

  /// The network with no tensors yet.
  func network() throws -> Network { try Network(graph, device: device, options: settings.execution, frozen: frozen) }

  /// The file that the network's weights come from, matched with it; `nil` when they are drawn.
  func startingWeights() throws -> StartingWeights? {
    try settings.weights.map {
      try StartingWeights($0, takesAverage: settings.startsFromAverage, for: graph, of: entry)
    }
  }

  /// The network as training starts from it.
  func initialNetwork(_ weights: StartingWeights?) throws -> Network {
    let network = try network()
    let drawn = graph.initialState(seed: settings.seed)
    try network.load(weights.map { try $0.state(initial: drawn) } ?? drawn)
    return network
  }

  /// Steps of the current epoch that are done.
  func stepsDone(_ state: TrainingState) -> Int {
    (state.batchesDone + settings.gradients.accumulate - 1) / settings.gradients.accumulate
  }

  /// Where the schedule stands, in steps of epochs as long as those of this training. It is the number of steps made, unless
  /// earlier epochs had more or fewer.
  func schedulePosition(_ state: TrainingState) -> Int { state.epochsDone * stepsPerEpoch + stepsDone(state) }

  /// What the user should know of the plan, also when a training goes on.
  var planNotices: [String] {
    var notices: [String] = []
    if leavesOutLastImage {
      notices.append("each epoch leaves one image out: batch normalisation cannot train on a last batch of one")
    }
    let steps = settings.epochs * stepsPerEpoch
    if settings.average.decay != nil, settings.average.every > steps {
      notices.append(
        "the average of weights is updated every \(settings.average.every) steps, and the whole training has \(steps): there "
          + "will be none")
    }
    return notices
  }

  /// What this training is going to do.
  func plan(_ state: TrainingState, folder: String) -> TrainingPlan {
    TrainingPlan(
      model: entry.name, parameterCount: graph.parameterCount, classCount: classNames.count, inputSize: inputSize,
      inputChannels: graph.inputChannels, data: settings.data, trainingImages: imagesPerEpoch,
      validationImages: validationLoader?.dataset.count ?? 0,
      validation: settings.overfitBatches == nil ? data.validationName : "the training images",
      settings: settings, stepsPerEpoch: stepsPerEpoch, folder: folder, epoch: state.epochsDone + 1,
      stepsDone: state.batchesDone / settings.gradients.accumulate)
  }
}

extension Graph {
  /// Whether a batch normalisation sees one value per channel and image, so that a batch of one image has no variance.
  /// Those that keep their statistics need none.
  /// - Parameter shapes: Of every value, for one image.
  fileprivate func normalizesSingleValues(_ shapes: [Shape], _ frozen: Frozen) -> Bool {
    nodes.contains { node in
      guard case .batchNorm2d(let features, _, _) = node.operation, shapes[node.output.index].count == features else {
        return false
      }
      let isFrozen = node.parameters.prefix(2).allSatisfy { frozen.parameters.contains(parameters[$0].name) }
      return !frozen.fixesStatistics || !isFrozen
    }
  }
}
