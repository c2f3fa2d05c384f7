import ArgumentParser
import Checkpoint
import Engine
import Training

/// `zoo resume`
struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a training, exactly where it stopped.",
    usage: "zoo resume <run[@which]> [--epochs <n>] [<options>]",
    discussion: """
      The run knows its settings. With the same number of threads the result is the same, bit for bit, as if the training \
      had never stopped. RUN means RUN@last; RUN@best or RUN@12 go back to that checkpoint.

      Another number of epochs changes where cosine, one-cycle and polynomial schedules end, and so the learning rate of \
      what is left, which is said; others stay as they are. The run's settings.json and config.yaml say what has changed.

      A file of --config holds what may change when a training goes on, with the options' names as keys: epochs, data, val, \
      threads, workers, device, early-stop and deterministic. All else stays as the run began.

      Examples:
        zoo resume first
        zoo resume first@best --epochs 20
      """)

  @Argument(help: ArgumentHelp("The run, and which of its checkpoints.", valueName: "run[@which]"))
  var reference: String

  @Option(
    help: ArgumentHelp(
      "A YAML file of the options below: lines such as 'epochs: 30'. Options go before it.", valueName: "file"))
  var config: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Train to this many epochs in all.", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Where the images are now, if they were moved.", valueName: "path"))
  var data: String?

  @Option(name: .customLong("val"), help: ArgumentHelp("Where the validation images are now.", valueName: "path"))
  var validation: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads that compute; another number changes the last bits of the result.", valueName: "n"))
  var threads: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that read images: auto or a number.", valueName: "n"))
  var workers: WorkerCount?

  @Option(help: ArgumentHelp("Where to compute: auto, cpu or cuda[:N].", valueName: "name"))
  var device: String?

  @Option(
    help: ArgumentHelp(
      "fp32, bf16 or bf16-emulated: the last goes on with a training in bf16 where the processor has none.",
      valueName: "name"))
  var precision: ExecutionOptions.Precision?

  @Option(
    name: .customLong("early-stop"), parsing: .unconditional,
    help: ArgumentHelp("Stop after N epochs without an improvement; 0 for never.", valueName: "n"))
  var patience: Int?

  @Flag(
    inversion: .prefixedNo,
    help: "Refuse to go on where results could differ in the last bits. (default: as the training began)")
  var deterministic: Bool?

  @OptionGroup var store: StoreOptions

  func run() throws {
    var changes = ResumeChanges()
    changes.epochs = epochs
    changes.data = data
    changes.validation = validation
    changes.threads = threads
    changes.workers = workers?.threads
    changes.device = device
    changes.precision = precision
    changes.earlyStoppingPatience = patience
    changes.isDeterministic = deterministic
    TrainingSession.prepare()
    let trainer = try Trainer(resuming: reference, in: RunStore(folder: store.store), changing: changes)
    try ResumedConfiguration(changes).write(to: trainer.run, from: "epoch \(trainer.state.epochsDone + 1)")
    var session = TrainingSession(trainer, in: store)
    try session.run()
  }
}
