import ArgumentParser
import Checkpoint
import Datasets
import Engine
import Training

/// How a checkpoint is used: what `evaluate` and `predict` share beside its name.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The architecture of a file that holds weights only. (default: what they fit)", valueName: "name"))
  var model: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The classes of a file that holds weights only. (default: those of the last layer)", valueName: "n"))
  var classes: Int?

  @Flag(help: "Take the average of weights that training kept with --ema, not the weights themselves.")
  var ema = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Images of a forward pass.", valueName: "n"))
  var batchSize = 32

  @Option(help: ArgumentHelp("Where to compute: auto, cpu or cuda[:N].", valueName: "name"))
  var device = "auto"

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute. (default: every core)", valueName: "n"))
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads that read images: auto (one for each core, at most 4) or a number.", valueName: "n"))
  var workers = WorkerCount.auto

  @OptionGroup var store: StoreOptions

  /// Threads that read images.
  var readers: Int { workers.threads }

  private var computeThreads: Int { threads ?? ExecutionOptions.availableThreads }

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("the batch size is \(batchSize); it must be in 1...65536")
    }
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("the number of threads is \(threads ?? 0); it must be in 1...1024")
    }
    guard (0...256).contains(readers) else {
      throw ValidationError("the number of workers is \(readers); it must be in 0...256")
    }
  }

  /// Reads the checkpoint that a word means.
  /// - Parameter classNames: What the outputs are called, in place of the checkpoint's own word.
  func load(_ reference: String, classNames: [String]? = nil) throws -> TrainedModel {
    try load(choice(reference), classNames: classNames)
  }

  /// The checkpoint that a word means.
  func choice(_ reference: String) throws -> CheckpointChoice {
    try CheckpointChoice(reference, in: store.checkpoints, model: model, classes: classes)
  }

  /// Reads a checkpoint.
  /// - Parameter classNames: What the outputs are called, in place of the checkpoint's own word.
  func load(_ choice: CheckpointChoice, classNames: [String]? = nil) throws -> TrainedModel {
    let device = try Device(parsing: device)
    let model = try TrainedModel.load(
      choice.path, weights: ema ? .average : .net, model: choice.model, classes: choice.classes,
      published: choice.published, device: device, options: ExecutionOptions(threads: computeThreads))
    return try classNames.map { try model.named($0) } ?? model
  }
}
