import Architecture
public import Datasets
public import Engine
import Zoo

/// Everything that decides what a training computes. It is kept in the run folder and in every checkpoint, so that
/// resuming needs nothing but the name of the run.
public struct TrainingSettings: Sendable, Hashable, Codable {
  /// How training images are varied.
  public enum Augmentation: String, Sendable, Hashable, Codable, CaseIterable {
    /// Not at all: training sees what validation sees.
    case none
    /// A mirror image half of the time.
    case flip
    /// A random crop of 8 % to 100 % of the area, and a mirror image half of the time (Szegedy et al. 2015).
    case crop
    /// A random crop after padding by an eighth of the input on every side, and a mirror image half of the time (He et
    /// al. 2016, for CIFAR).
    case pad
  }

  /// The name in the registry, or the path of a YAML file that describes an architecture.
  public var model: String
  /// The architecture itself, where it is not the registry's: a training fills it in from the file that ``model`` names, and
  /// puts the architecture's name in its place.
  public var architecture: String?
  /// A folder of class folders, or the name of a built-in dataset.
  public var data: String
  /// The same for validation; without it what the dataset itself offers, or else ``validationShare``.
  public var validation: String?
  /// How both are read.
  public var reading = DataSettings()
  /// The share of the training images that is put aside for validation when there are no others, in 0..<1.
  public var validationShare: Double
  /// Passes over the training images.
  public var epochs: Int
  /// Images of a step.
  public var batchSize: Int
  /// How parameters are updated.
  public var optimizer: OptimizerSettings
  /// How the learning rate changes.
  public var schedule: ScheduleSettings
  /// ε of Szegedy et al. 2016, in 0..<1.
  public var labelSmoothing: Double
  /// How far the network is from its targets.
  public var loss = LossSettings()
  /// How the images of a batch are mixed.
  public var mixing = BatchMixing()
  /// What becomes of gradients before the optimizer takes them.
  public var gradients = GradientSettings()
  /// The average of weights that is kept.
  public var average = AverageSettings()
  /// When training ends before its last epoch.
  public var earlyStopping = EarlyStopping()
  /// Batches of training images that are trained on and validated in place of all, always the same ones: a network and its
  /// training work when it learns them by heart. All images when `nil`.
  public var overfitBatches: Int?
  /// The file of any format whose tensors the network begins with where they fit; drawn at random when `nil`.
  public var weights: String?
  /// Whether the average of weights is taken of the file ``weights``, where it holds one, in place of the weights themselves.
  public var startsFromAverage = true
  /// The file of a training begun elsewhere that this one goes on with, from the first step on.
  public var continued: String?
  /// What keeps its values.
  public var freezing = FreezingSettings()
  /// The classes of the network; those of the data when `nil`.
  public var classes: Int?
  /// Height and width of the images that the network sees; the model's own when `nil`.
  public var inputSize: Int?
  /// The probability of dropout; the model's own when `nil`.
  public var dropout: Double?
  /// Whether weights start by the family's scheme or by PyTorch's defaults; the model's own choice when `nil`.
  public var initWeights: Bool?
  /// What training images go through; a built-in dataset chooses when `nil`.
  public var augmentation: Augmentation?
  /// Which checkpoints are kept, beside `last`.
  public var checkpoints = CheckpointSettings()
  /// What else varies training images, and how images are resized.
  public var variation = AugmentationSettings()
  /// The seed of initial weights, order, augmentation and dropout.
  public var seed: UInt64
  /// Threads that read and prepare images; the result does not depend on them.
  public var workers: Int
  /// Threads that compute; results are bitwise the same for the same number.
  public var threads: Int
  /// `auto`, `cpu`, `cuda` or `cuda:N`.
  public var device: String
  /// The numbers that convolutions and linear layers multiply, in training and in its validation.
  public var precision = ExecutionOptions.Precision.float32
  /// Whether convolutions may use Winograd's algorithm.
  public var allowsWinograd: Bool
  /// Whether the algorithms of convolutions are timed before the first step, and the fastest kept as ``algorithms``.
  public var searchesAlgorithms = false
  /// The algorithms of convolutions by module name that a search has found: resuming takes the same.
  public var algorithms: [String: ConvolutionAlgorithm]?
  /// Whether it is an error to go on where results could differ in the last bits from those of a training that was not
  /// interrupted: with other threads, on another processor, with another version of oneDNN.
  public var isDeterministic = false
  /// Batches of an epoch to stop at, for a quick trial; all when `nil`.
  public var limitBatches: Int?
  /// Batches of a validation, of images chosen at random once, for a quick trial; all when `nil`.
  public var limitValidationBatches: Int?
  /// Whether images that cannot be decoded are left out and counted, not an error.
  public var skipsCorruptImages: Bool
  /// Minutes between two savings of `last` in mid-epoch; 0 saves at the end of epochs only.
  public var saveMinutes: Double
  /// Whether the checkpoint of every epoch is kept, beside `best` and `last`.
  public var keepsEveryEpoch: Bool

  /// The settings of a training. What is not given is a default.
  public init(
    model: String, data: String, validation: String? = nil, validationShare: Double = 0.1, epochs: Int = 10,
    batchSize: Int = 32, optimizer: OptimizerSettings = OptimizerSettings(),
    schedule: ScheduleSettings = ScheduleSettings(), labelSmoothing: Double = 0, classes: Int? = nil,
    inputSize: Int? = nil, dropout: Double? = nil, initWeights: Bool? = nil, augmentation: Augmentation? = nil,
    seed: UInt64 = 0, workers: Int = DataLoader.automaticWorkers,
    threads: Int = ExecutionOptions.availableThreads, device: String = "auto", allowsWinograd: Bool = true,
    limitBatches: Int? = nil, limitValidationBatches: Int? = nil, skipsCorruptImages: Bool = false,
    saveMinutes: Double = 10, keepsEveryEpoch: Bool = false
  ) {
    self.model = model
    self.data = data
    self.validation = validation
    self.validationShare = validationShare
    self.epochs = epochs
    self.batchSize = batchSize
    self.optimizer = optimizer
    self.schedule = schedule
    self.labelSmoothing = labelSmoothing
    self.classes = classes
    self.inputSize = inputSize
    self.dropout = dropout
    self.initWeights = initWeights
    self.augmentation = augmentation
    self.seed = seed
    self.workers = workers
    self.threads = threads
    self.device = device
    self.allowsWinograd = allowsWinograd
    self.limitBatches = limitBatches
    self.limitValidationBatches = limitValidationBatches
    self.skipsCorruptImages = skipsCorruptImages
    self.saveMinutes = saveMinutes
    self.keepsEveryEpoch = keepsEveryEpoch
  }
}

extension TrainingSettings {
  /// The model that is trained.
  /// - Throws: When there is none of the name, or the file describes none.
  func entry() throws -> ModelEntry {
    try architecture.map { try ModelEntry.named(model, definition: $0) } ?? ModelEntry.named(model)
  }

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      model: try values.decode(String.self, forKey: .model), data: try values.decode(String.self, forKey: .data))
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      if let known = try values.decodeIfPresent(Value.self, forKey: key) { value = known }
    }
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value?) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key)
    }
    try read(.architecture, into: &architecture)
    try read(.validation, into: &validation)
    try read(.reading, into: &reading)
    try read(.validationShare, into: &validationShare)
    try read(.epochs, into: &epochs)
    try read(.batchSize, into: &batchSize)
    try read(.optimizer, into: &optimizer)
    try read(.schedule, into: &schedule)
    try read(.labelSmoothing, into: &labelSmoothing)
    try read(.loss, into: &loss)
    try read(.mixing, into: &mixing)
    try read(.gradients, into: &gradients)
    try read(.average, into: &average)
    try read(.freezing, into: &freezing)
    try read(.weights, into: &weights)
    try read(.startsFromAverage, into: &startsFromAverage)
    try read(.continued, into: &continued)
    try read(.earlyStopping, into: &earlyStopping)
    try read(.overfitBatches, into: &overfitBatches)
    try read(.classes, into: &classes)
    try read(.inputSize, into: &inputSize)
    try read(.dropout, into: &dropout)
    try read(.initWeights, into: &initWeights)
    try read(.augmentation, into: &augmentation)
    try read(.checkpoints, into: &checkpoints)
    try read(.variation, into: &variation)
    try read(.seed, into: &seed)
    try read(.workers, into: &workers)
    try read(.threads, into: &threads)
    try read(.device, into: &device)
    try read(.precision, into: &precision)
    try read(.allowsWinograd, into: &allowsWinograd)
    try read(.searchesAlgorithms, into: &searchesAlgorithms)
    try read(.algorithms, into: &algorithms)
    try read(.isDeterministic, into: &isDeterministic)
    try read(.limitBatches, into: &limitBatches)
    try read(.limitValidationBatches, into: &limitValidationBatches)
    try read(.skipsCorruptImages, into: &skipsCorruptImages)
    try read(.saveMinutes, into: &saveMinutes)
    try read(.keepsEveryEpoch, into: &keepsEveryEpoch)
  }
}
