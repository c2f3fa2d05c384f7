import Architecture
import ArgumentParser
import Checkpoint
import Datasets
import Training
import Zoo

/// What `zoo runs card` and `zoo runs ship` measure.
struct CardOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A run, or one of its checkpoints: RUN means RUN@best.", valueName: "run"))
  var reference: String

  @Option(
    help: ArgumentHelp(
      "The images to measure on, all of them. (default: those that the run was validated on)", valueName: "path"))
  var data: String?

  @OptionGroup var options: CheckpointOptions

  @OptionGroup var passes: PassOptions

  /// A checkpoint of a run.
  struct Chosen {
    /// `RUN@best`
    let word: String
    let choice: CheckpointChoice
    let run: Run
    let data: MeasuredData
  }

  /// Finds the checkpoint.
  func chosen() throws -> Chosen {
    let word = reference.contains("@") ? reference : "\(reference)@best"
    let choice = try options.choice(word)
    guard let run = choice.run else {
      throw CommandError(
        "'\(reference.terminalEscaped)' is no checkpoint of a run, whose log and settings a card tells")
    }
    return Chosen(
      word: word, choice: choice, run: run,
      data: try MeasuredData(data, of: run, DataSettings(), reference: word))
  }

  /// Measures a checkpoint.
  func measure(_ chosen: Chosen) throws -> EvaluationReport {
    try EvaluateCommand.measure(
      Evaluator(try options.load(chosen.choice), batchSize: passes.batchSize, workers: passes.readers),
      on: chosen.data.images)
  }

  /// Writes what is told of a checkpoint into a folder.
  /// - Parameters:
  ///   - name: The word that stands for the checkpoint on the command line.
  ///   - storeArgument: What commands need beside it.
  ///   - isAverage: Whether the weights are the average that training kept, also where they are a file's only ones.
  func write(
    _ name: String, of chosen: Chosen, _ choice: CheckpointChoice, _ report: EvaluationReport,
    storeArgument: String = "",
    isAverage: Bool? = nil, to folder: String
  ) throws -> ModelCard {
    let model = try options.load(choice)
    let card = try ModelCard(
      name, of: chosen.run, model, weights: options.ema ? .average : .net, path: choice.path, report: report,
      data: chosen.data.name)
    try PlotFile.write(Figure([card.history], showing: [.accuracy]), to: "\(folder)/\(CardText.curveName)")
    let hasConfiguration = (try? PublishedFile.read("\(folder)/\(Configuration.fileName)", atMost: 1 << 20)) != nil
    let lines = CardText.lines(
      card, on: chosen.data, isAverage: isAverage ?? options.ema, hasConfiguration: hasConfiguration,
      storeArgument: storeArgument)
    try PublishedFile.write(lines.map { $0 + "\n" }.joined(), to: "\(folder)/CARD.md")
    return card
  }
}

/// `zoo runs card`
struct RunsCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Write a card that tells how a run came about, and how good it is.",
    usage: "zoo runs card <run> [--data <path>] [<options>]",
    discussion: """
      The checkpoint is measured on all images that the run was validated on, or of --data's part for validation or test. \
      STORE/RUN/CARD.md then has the figure, the recipe with its seed, the curve (curve.svg beside it) and the classes.

      Examples:
        zoo runs card flowers
        zoo runs card flowers@12 --data flowers/test --ema
      """)

  @OptionGroup var card: CardOptions

  func run() throws {
    let chosen = try card.chosen()
    guard !chosen.run.isShipped else {
      throw CommandError(
        "'\(card.reference.terminalEscaped)' came with its card, \("\(chosen.run.folder)/CARD.md".terminalEscaped); "
          + "'zoo evaluate' measures it again")
    }
    let report = try card.measure(chosen)
    let written = try card.write(
      chosen.word, of: chosen, chosen.choice, report, storeArgument: card.options.store.argument, to: chosen.run.folder)
    Output.line("top-1     \(NumberText.percent(written.report.metrics.top1))")
    Output.line("card      \("\(chosen.run.folder)/CARD.md".terminalEscaped)")
  }
}

/// `zoo runs ship`
struct RunsShipCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ship", abstract: "Make a model that can be given away of a run: weights, settings and card.",
    usage: "zoo runs ship <run> --as <model@data> [--to <folder>] [<options>]",
    discussion: """
      The folder gets the name, and holds the weights without the optimizer (best.h5), the settings (config.yaml too, with \
      the YAML of an architecture of your own), the names of the classes, what the log says of epochs, and the card of 'zoo runs card'. It appears whole or not at all.

      Wherever a checkpoint is asked for, MODEL@DATA finds it: in the store (./models), in the folder that \
      $\(ShippedModels.variable) names, and without that in share/zoo/models beside the bin of the program.

      Examples:
        zoo runs ship fashion --as resnet20@fashion-mnist
        zoo runs ship fashion@12 --as resnet20@fashion-mnist --to models --replace
        zoo evaluate resnet20@fashion-mnist
      """)

  @OptionGroup var card: CardOptions

  @Option(name: .customLong("as"), help: ArgumentHelp("What the model is called.", valueName: "model@data"))
  var name: String

  @Option(help: ArgumentHelp("The folder of models. (default: the store)", valueName: "folder"))
  var to: String?

  @Flag(help: "Put it in the place of a model of this name.")
  var replace = false

  func run() throws {
    let store = card.options.store
    let folder = to ?? store.store
    try ShippedModels.check(name, in: folder, replaces: replace)
    let chosen = try card.chosen()
    let report = try card.measure(chosen)
    var size = 0
    let made = try ShippedModels.make(name, in: folder, replaces: replace) { draft in
      try draft.take(chosen.choice, of: chosen.run, weights: card.options.ema ? .average : .net)
      try Self.writeConfiguration(of: chosen.run, to: draft.folder)
      var plain = card
      plain.options.ema = false
      let shipped = try CheckpointChoice(draft.path(of: .best), in: store.checkpoints)
      size = try plain.write(name, of: chosen, shipped, report, isAverage: card.options.ema, to: draft.folder).byteCount
    }
    Output.line("top-1     \(NumberText.percent(report.metrics.top1))")
    Output.line("shipped   \(made.folder.terminalEscaped), \(NumberText.bytes(size))")
    let finding = to.map { $0 == store.store ? "" : "\(ShippedModels.variable)=\(ShellText.quoted($0)) " } ?? ""
    Output.line("evaluate  \(finding)zoo evaluate \(ShellText.quoted(name))\(finding.isEmpty ? store.argument : "")")
  }

  /// Writes the settings file of a run, and the YAML of an architecture of the user's own, which it then names.
  private static func writeConfiguration(of run: Run, to folder: String) throws {
    guard
      var text = (try? PublishedFile.read("\(run.folder)/\(Configuration.fileName)", atMost: 1 << 20))
        .flatMap({ String(validating: $0, as: UTF8.self) })
    else { return }
    let settings = try run.settings()
    if let model = settings["model"]?.string, let definition = settings["architecture"]?.string {
      // An imported network is in the checkpoint alone, so that no settings file repeats its training.
      guard try ModelEntry.named(model, definition: definition).family == "own" else { return }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      text = lines.map { $0.hasPrefix("model:") ? "model: ./\(architectureName)" : String($0) }.joined(separator: "\n")
      try PublishedFile.write(definition, to: "\(folder)/\(architectureName)")
    }
    try PublishedFile.write(text, to: "\(folder)/\(Configuration.fileName)")
  }

  private static let architectureName = "architecture.yaml"
}
