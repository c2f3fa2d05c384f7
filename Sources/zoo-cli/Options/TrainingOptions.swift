public import ArgumentParser
public import Datasets
import Engine
public import Training

extension DataSettings.Sampler: ExpressibleByArgument {}
extension ClassOrder: ExpressibleByArgument {}
extension TrainingSettings.Augmentation: ExpressibleByArgument {}

/// What images a training sees.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder with one folder of images for each class, or with 'train' and 'val' in it; a list of images "
        + "(.json, .csv); tar archives ('train-{000..009}.tar'); or 'fashion-mnist'.",
      valueName: "path"))
  var data: String

  @Option(
    name: .customLong("val"),
    help: ArgumentHelp(
      "The same for validation. Without it: the data's own, or a part of the training images.", valueName: "path"))
  var validation: String?

  @Option(
    name: [.customLong("val-share"), .customLong("validation-fraction")], parsing: .unconditional,
    help: ArgumentHelp(
      "The share of the training images put aside for validation when there are no others, of each class; 0 for none.",
      valueName: "share"))
  var validationShare = 0.1

  @OptionGroup var reading: DataReadingOptions

  @Option(
    help: ArgumentHelp(
      "Which images an epoch shows: shuffle (each once) or balanced (drawn so that every class comes equally often).",
      valueName: "how"))
  var sampler = DataSettings.Sampler.shuffle

  @Option(
    help: ArgumentHelp(
      "How training images vary: none, flip, crop (random crop of random size, and flip) or pad (random crop after "
        + "padding, and flip). (default: what suits the data)",
      valueName: "how"))
  var augment: TrainingSettings.Augmentation?

  @OptionGroup var decoding: DecodingFlags

  @Flag(inversion: .prefixedNo, help: "Leave out images that cannot be decoded, and count them.")
  var skipCorrupt = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Stop each epoch after N batches, for a trial.", valueName: "n"))
  var limitBatches: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train on N batches of random images alone, always the same, and validate on them: a check that a network learns.",
      valueName: "n"))
  var overfitBatches: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Validate on N batches of random images, for a trial.", valueName: "n"))
  var limitValBatches: Int?
}

/// How long a network is trained.
struct OptimizationOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training images.", valueName: "n"))
  var epochs = 10

  @OptionGroup var batch: BatchOptions
}

/// What a step is of.
struct BatchOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Images of a step; auto for as many as '--memory' allows.", valueName: "n"))
  var batchSize = BatchSize.images(32)

  @Option(
    help: ArgumentHelp("With '--batch-size auto': what training may take, such as 4GB or 512MiB.", valueName: "size"))
  var memory: ByteSize?

  func validate() throws {
    guard batchSize.isAutomatic == (memory != nil) else {
      throw ValidationError("'--batch-size auto' and '--memory SIZE' need each other: give both or none")
    }
  }

  /// The settings with the batch size that the memory allows, which is said; as they are when it is given.
  func fitted(_ settings: TrainingSettings) throws -> TrainingSettings {
    guard let memory else { return settings }
    let fitting = try settings.fitting(byteCount: memory.byteCount)
    Output.note("batches of \(fitting.batchSize) images fit into \(NumberText.bytes(memory.byteCount))")
    return fitting
  }
}

extension WatchedMetric: ExpressibleByArgument {}

/// When a training ends before its last epoch.
struct EarlyStoppingOptions: ParsableArguments {
  @Option(
    name: .customLong("early-stop"), parsing: .unconditional,
    help: ArgumentHelp("Stop after N epochs without an improvement.", valueName: "n"))
  var patience: Int?

  @Option(
    name: .customLong("early-stop-delta"), parsing: .unconditional,
    help: ArgumentHelp("The least change that is an improvement.", valueName: "x"))
  var minimumChange = 0.0

  @Option(
    name: .customLong("early-stop-metric"),
    help: ArgumentHelp("What is to improve, of the validation: loss, top1 or top5.", valueName: "metric"))
  var metric = WatchedMetric.loss

  /// The settings that the options mean.
  var settings: EarlyStopping {
    var settings = EarlyStopping()
    settings.patience = patience
    settings.minimumChange = minimumChange
    settings.metric = metric
    return settings
  }
}

/// How many images a step has.
enum BatchSize: ExpressibleByArgument, CustomStringConvertible {
  case images(Int)
  /// As many as a bound of memory allows.
  case automatic

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let count = Int(argument) {
      self = .images(count)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .images(let count): "\(count)"
    case .automatic: "auto"
    }
  }

  /// The number, or the smallest that makes sense until the right one is found.
  var count: Int { if case .images(let count) = self { count } else { 2 } }

  /// Whether it has to be found.
  var isAutomatic: Bool { if case .automatic = self { true } else { false } }
}

/// What the network is.
struct NetworkOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Classes of the network. (default: those of the data)", valueName: "n"))
  var classes: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of its images in pixels. (default: the model's)", valueName: "n"))
  var inputSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The probability of dropout. (default: the model's)", valueName: "share"))
  var dropout: Double?

  @Flag(
    inversion: .prefixedNo,
    help: "Start by the family's published scheme, or by PyTorch's defaults. (default: the model's choice)")
  var initWeights: Bool?

  @Option(
    help: ArgumentHelp(
      "Keep the values of parameters by name: 'features.*'. Repeatable.", valueName: "pattern"))
  var freeze: [String] = []

  @Flag(
    inversion: .prefixedNo,
    help: "Keep the statistics of normalisations whose parameters are frozen, and normalise by them.")
  var freezeNormStats = false

  /// What keeps its values.
  var freezing: FreezingSettings {
    var settings = FreezingSettings()
    settings.parameters = freeze
    settings.fixesStatistics = freezeNormStats
    return settings
  }

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The seed of weights, order, augmentation and dropout.", valueName: "n")
  )
  var seed: UInt64 = 0
}

/// What the machine does.
struct MachineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where to compute: auto, cpu or cuda[:N].", valueName: "name"))
  var device = "auto"

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute. (default: every core)", valueName: "n"))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads that read images: auto (one for each core, at most 4) or a number.", valueName: "n"))
  var workers = WorkerCount.auto

  @Option(
    help: ArgumentHelp(
      "What convolutions and linear layers multiply: fp32; bf16 (weights, sums and all else stay fp32; needs AVX-512); or "
        + "bf16-emulated (the same numbers on any processor, slower than fp32).", valueName: "name"))
  var precision = ExecutionOptions.Precision.float32

  @Flag(
    inversion: .prefixedNo,
    help: "Compute 3x3 convolutions by Winograd's algorithm where it is faster; without it rounds less.")
  var winograd = true

  @Flag(
    inversion: .prefixedNo,
    help: "Time the algorithms of each convolution first, and keep the fastest; the run remembers them when it goes on."
  )
  var benchmark = false

  @Flag(
    inversion: .prefixedNo,
    help: "Refuse to go on where results could differ in the last bits: with other threads or on another processor.")
  var deterministic = false

  /// Threads that read images.
  var readers: Int { workers.threads }

  /// Every core unless told otherwise.
  var computeThreads: Int { threads ?? ExecutionOptions.availableThreads }
}
