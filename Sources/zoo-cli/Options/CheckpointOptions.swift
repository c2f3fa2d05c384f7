import ArgumentParser
import Checkpoint
import Datasets
import Engine
import Training

/// How a checkpoint is used: what the commands that run its network share beside its name.
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

  @Option(help: ArgumentHelp("Where to compute: auto, cpu or cuda[:N].", valueName: "name"))
  var device = "auto"

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute. (default: every core)", valueName: "n"))
  var threads: Int?

  @OptionGroup var store: StoreOptions

  private var computeThreads: Int { threads ?? ExecutionOptions.availableThreads }

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("the number of threads is \(threads ?? 0); it must be in 1...1024")
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
