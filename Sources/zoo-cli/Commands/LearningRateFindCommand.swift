import ArgumentParser
import Checkpoint
import Training

/// `zoo lr-find`
struct LearningRateFindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find", abstract: "Try learning rates before a training, and suggest some.",
    usage: "zoo lr-find <model> --data <path> [<options>]",
    discussion: """
      The LR range test (Smith 2017): a training whose rate grows at every step, drawn as loss by rate. The options are those \
      of 'zoo train', so that what is tested is what will be trained; --lr has no part in it. The network is thrown away: no \
      run is made, and no file but the picture is written. Where rates are multiplied by --lr-for, each is tested times its \
      factor.

      Each loss is that of a step's images before the update by its rate. It suggests two rates: where the smoothed loss \
      falls fastest against log(lr), and a tenth of the rate where it is least. When the loss never falls, is not finite from \
      the start, or there are fewer than 10 steps, it suggests none, says why and ends with 1. Ctrl-C shows what there is so \
      far and ends with 75.

      A file of --config is one of 'zoo train': its schedule, its 'min-lr' too, and what it says of checkpoints is left out.

      Examples:
        zoo lr-find resnet18 --data flowers
        zoo lr-find alexnet_half_bn --data fashion-mnist --optimizer adam --max-lr 1 --steps 200 --output rates.png
        zoo lr-find resnet18 --data flowers --weights resnet18.pth --freeze 'layer*' --json
      """)

  @Argument(help: "The model; 'zoo list' shows all. Or a YAML file that describes one.")
  var model: String

  @OptionGroup(title: "Range test") var range: RangeOptions

  @Option(
    name: [.customLong("output"), .customLong("out")],
    help: ArgumentHelp("The curve as a picture: its name ends in .png or .svg.", valueName: "file"))
  var output: String?

  @Flag(help: "Print JSON, with every point.")
  var json = false

  @Option(
    help: ArgumentHelp("A YAML file of settings, as 'zoo train' takes it. Options go before it.", valueName: "file"))
  var config: String?

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Augmentation") var augmentation: AugmentationOptions
  @OptionGroup(title: "Augmentation") var normalization: NormalizationOptions
  @OptionGroup(title: "Optimization") var batch: BatchOptions
  @OptionGroup(title: "Loss, gradients and average") var loss: LossOptions
  @OptionGroup(title: "Optimizer") var optimizer: OptimizerOptions
  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Machine") var machine: MachineOptions

  @Option(
    help: ArgumentHelp(
      "Begin with the weights of a file of any format, RUN@best or registered ones, where they fit; the file stays as it is.",
      valueName: "file"))
  var weights: String?

  @Flag(
    inversion: .prefixedNo,
    help: "With --weights: take the average of weights that --ema kept, where the file has one.")
  var weightsEma = true

  @OptionGroup var store: StoreOptions

  func validate() throws { try PlotFile.check(output) }

  func run() throws {
    var settings = try TrainingSettings(
      model: model, data: data, augmentation: augmentation, batch: batch, loss: loss, optimizer: optimizer.settings(),
      network: network, machine: machine)
    settings.startsFromAverage = weightsEma
    let start = try weights.map { try CheckpointChoice($0, in: store.checkpoints) }
    settings.weights = start?.path
    try range.settings.validate()
    try settings.validate()
    try normalization.complete(&settings, weights: start, saysInterpolation: augmentation.interpolation != nil)
    settings = try batch.fitted(settings)
    TrainingSession.prepare()
    let test = try RangeTest(settings, range.settings)
    if !json { Output.lines(RangeTestText.lines(test)) }
    test.notices.forEach { Output.note($0) }
    let curve = try measure(test)
    if json {
      Output.line(RangeTestText.json(curve, test.plan).text(indented: true))
    } else {
      Output.lines(RangeTestText.lines(curve))
    }
    if let output {
      try PlotFile.write(Figure(Chart(curve)), to: output)
      if !json { Output.line("picture   \(output.terminalEscaped)") }
    }
    try end(curve)
  }

  private func measure(_ test: RangeTest) throws -> RangeTestCurve {
    var display = ProgressDisplay()
    defer { display.clear() }
    return try test.run(stopWhen: StopSignals.pending != nil) { event in
      switch event {
      case .step(let progress):
        display.show(
          isEnd: progress.step == progress.steps,
          drawn: { ProgressLine.rangeTest(progress, width: $0, unicode: $1) },
          plain: { ProgressLine.plain(progress) })
      case .notice(let text):
        display.clear()
        Output.note(text)
      }
    }
  }

  /// Ends with the exit code that the curve has.
  private func end(_ curve: RangeTestCurve) throws {
    if curve.ending == .stopped {
      if case .none(let reason) = curve.verdict { Output.note("no learning rate is suggested: \(reason)") }
      throw Stopped(message: "stopped after \(curve.points.count) of \(NumberText.count(curve.settings.steps, "step"))")
    }
    if case .none(let reason) = curve.verdict { throw Outcome(.failed, "no learning rate is suggested: \(reason)") }
  }
}
