import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo train`
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a model, from scratch or from where another program stopped.",
    usage: "zoo train <model> --data <path> [<options>]",
    discussion: """
      --config takes settings from a file, and a run keeps all of its own in STORE/RUN/config.yaml ('zoo config explain').

      The run keeps its settings, its log and the checkpoints 'best' and 'last' in STORE/RUN. Ctrl-C or SIGTERM finishes \
      the step, saves, prints the command that goes on and exits with 75; a second one stops at once and loses nothing \
      that was saved. 'zoo resume RUN' then goes on as if nothing had happened, bit for bit.

      Examples:
        zoo train alexnet_half_bn --data fashion-mnist --epochs 3
        zoo train resnet18 --data flowers --val flowers-val --lr 0.05 --run flowers
        zoo train lenet5 --data digits --optimizer adam --limit-batches 20
        zoo train resnet18 --data flowers --weights resnet18.pth --freeze 'layer*' --freeze-norm-stats
        zoo train alexnet --data flowers --from pytorch.pth --epochs 30
      """)

  @Argument(help: "The model; 'zoo list' shows all. Or a YAML file that describes one.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "A YAML file of settings: lines such as 'epochs: 30', with the options' names as keys. Options go before it.",
      valueName: "file"))
  var config: String?

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Augmentation") var normalization: NormalizationOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Loss, gradients and average") var loss: LossOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Early stopping") var earlyStopping: EarlyStoppingOptions
  @OptionGroup(title: "Schedule") var schedule: ScheduleOptions
  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Machine") var machine: MachineOptions

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The name of the run. (default: the model's, with a number)", valueName: "name"))
  var runName: String?

  @Option(
    help: ArgumentHelp(
      "Go on with a training begun elsewhere: its weights, optimizer and epoch, from a file of any format.",
      valueName: "file"))
  var from: String?

  @Option(
    help: ArgumentHelp(
      "Begin with the weights of a file of any format, RUN@best or registered ones, where they fit; a last layer for other "
        + "classes begins anew.", valueName: "file"))
  var weights: String?

  @Flag(
    inversion: .prefixedNo,
    help: "With --weights: take the average of weights that --ema kept, where the file has one.")
  var weightsEma = true

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("With --from: epochs that are done. (default: what the file says)", valueName: "n"))
  var startEpoch: Int?

  @Option(
    name: .customLong("save-minutes"), parsing: .unconditional,
    help: ArgumentHelp("Minutes between two savings in mid-epoch; 0 for none.", valueName: "n"))
  var saveMinutes = 10.0

  @OptionGroup(title: "Checkpoints") var keeping: KeepingOptions

  @Flag(inversion: .prefixedNo, help: "Keep the checkpoint of every epoch.")
  var keepEpochs = false

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Try data, model, memory, two steps with all that belongs to them, a batch of validation and whether the run can be "
        + "saved, and write nothing."))
  var dryRun = false

  @OptionGroup var store: StoreOptions

  /// The settings that the options mean.
  /// - Parameters:
  ///   - known: The optimizer of a training that is gone on with, for what the options do not say.
  ///   - knownSchedule: Its schedule.
  func settings(_ known: OptimizerSettings? = nil, _ knownSchedule: ScheduleSettings? = nil) throws -> TrainingSettings
  {
    var settings = try TrainingSettings(
      model: model, data: data, augmentation: augmentation, batch: optimization.batch, loss: loss,
      optimizer: optimizer.settings(known), network: network, machine: machine)
    settings.epochs = optimization.epochs
    settings.schedule = schedule.settings(knownSchedule)
    settings.startsFromAverage = weightsEma
    settings.earlyStopping = earlyStopping.settings
    settings.saveMinutes = saveMinutes
    settings.keepsEveryEpoch = keepEpochs
    settings.checkpoints = keeping.settings
    return settings
  }

  func validate() throws {
    guard weights == nil || from == nil else {
      throw ValidationError(
        "'--weights' begins a training and '--from' goes on with one: give one of them")
    }
    guard startEpoch == nil || from != nil else {
      throw ValidationError("'--start-epoch' says where a training begun elsewhere stands; give '--from FILE' with it")
    }
    guard startEpoch ?? 0 >= 0 else {
      throw ValidationError("'--start-epoch \(startEpoch ?? 0)' is no number of epochs; it must be at least 0")
    }
  }

  /// What the settings file of the run says in place of what was said here.
  private func resolved(_ settings: TrainingSettings) -> [String: String?] {
    var resolved: [String: String?] = ["threads": "\(settings.threads)"]
    if from == nil {
      resolved["lr"] = "\(settings.optimizer.learningRate)"
      resolved["weight-decay"] = "\(settings.optimizer.weightDecay)"
    }
    // The memory has said what it had to.
    if optimization.batch.memory != nil {
      resolved["batch-size"] = "\(settings.batchSize)"
      resolved["memory"] = .some(nil)
    }
    return resolved
  }

  func run() throws {
    let runStore = RunStore(folder: store.store)
    let continued = try from.map { try store.checkpoints.resolve($0).path }
    let foreign = try continued.map { try ForeignTraining(opening: $0) }
    var known = foreign?.optimizer
    // A schedule that the options say is another than the file's.
    let knownSchedule = try schedule.schedule == nil ? foreign?.schedule(epochsDone: startEpoch) : nil
    if let rate = knownSchedule?.learningRate { known?.learningRate = rate }
    var settings = try self.settings(known, knownSchedule?.settings)
    let start = try weights.map { try CheckpointChoice($0, in: store.checkpoints) }
    settings.weights = start?.path
    try settings.validate()
    try normalization.complete(
      &settings, weights: start, from: continued, saysInterpolation: augmentation.interpolation != nil)
    settings = try optimization.batch.fitted(settings)
    if dryRun {
      let trial = try TrialStep(
        settings, continuing: foreign, epochsDone: startEpoch, run: runName, in: runStore)
      trial.notices.forEach { Output.note($0) }
      Output.lines(PlanText.lines(trial))
      return
    }
    TrainingSession.prepare()
    let trainer =
      try foreign.map { try Trainer(continuing: $0, epochsDone: startEpoch, settings, run: runName, in: runStore) }
      ?? Trainer(settings, run: runName, in: runStore)
    let configuration = try Configuration(Array(CommandLine.arguments.dropFirst()))
    try PublishedFile.write(
      configuration.yaml(resolved(settings)), to: "\(trainer.run.folder)/\(Configuration.fileName)")
    var session = TrainingSession(trainer, in: store)
    try session.run()
  }
}
