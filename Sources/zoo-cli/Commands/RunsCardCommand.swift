import ArgumentParser
import Checkpoint
import Datasets
import Training

/// What `zoo runs card` and `zoo runs ship` measure.
struct CardOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A run, or one of its checkpoints: RUN means RUN@best.", valueName: "run"))
  var reference: String

  @Option(
    help: ArgumentHelp(
      "The images to measure on, all of them. (default: those that the run was validated on)", valueName: "path"))
  var data: String?

  @OptionGroup var options: CheckpointOptions

  /// A checkpoint of a run.
  struct Chosen {
    let choice: CheckpointChoice
    let run: Run
    let data: String
  }

  /// Finds the checkpoint.
  func chosen() throws -> Chosen {
    let word = reference.contains("@") ? reference : "\(reference)@best"
    let choice = try options.choice(word)
    guard let run = choice.run else {
      throw CommandError(
        "'\(reference.terminalEscaped)' is no checkpoint of a run, whose log and settings a card tells")
    }
    guard let data = try data ?? run.validationData else {
      throw CommandError("the settings of '\(run.name.terminalEscaped)' name no data; give '--data PATH'")
    }
    return Chosen(choice: choice, run: run, data: data)
  }

  /// Measures a checkpoint, and writes what is told of it into a folder.
  func write(_ name: String, of chosen: Chosen, _ choice: CheckpointChoice, to folder: String) throws -> ModelCard {
    let model = try options.load(choice)
    let report = try EvaluateCommand.measure(
      Evaluator(model, batchSize: options.batchSize, workers: options.readers),
      on: DataSource(chosen.data).open(.validation))
    let card = try ModelCard(
      name, of: chosen.run, model, weights: options.ema ? .average : .net, path: choice.path, report: report,
      data: chosen.data)
    try PlotFile.write(Figure([card.history], showing: [.accuracy]), to: "\(folder)/\(CardText.curveName)")
    let hasConfiguration = (try? PublishedFile.read("\(folder)/\(Configuration.fileName)", atMost: 1 << 20)) != nil
    let text = CardText.lines(card, hasConfiguration: hasConfiguration).map { $0 + "\n" }.joined()
    try PublishedFile.write(text, to: "\(folder)/CARD.md")
    return card
  }
}

extension Run {
  /// What the run was validated on, as its settings say.
  var validationData: String? {
    get throws {
      let settings = try settings()
      return settings["validation"]?.string ?? settings["data"]?.string
    }
  }
}

/// `zoo runs card`
struct RunsCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Write a card that tells how a run came about, and how good it is.",
    usage: "zoo runs card <run> [--data <path>] [<options>]",
    discussion: """
      The checkpoint is measured on all images of the data's part for validation or test. STORE/RUN/CARD.md then has the \
      figure, the recipe with its seed, the curve (curve.svg beside it) and the classes.

      Examples:
        zoo runs card flowers
        zoo runs card flowers@12 --data flowers/test --ema
      """)

  @OptionGroup var card: CardOptions

  func run() throws {
    let chosen = try card.chosen()
    let written = try card.write(chosen.run.name, of: chosen, chosen.choice, to: chosen.run.folder)
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
      The folder gets the name, and holds the weights without the optimizer (best.h5), the settings (config.yaml too), the \
      names of the classes, what the log says of epochs, and the card of 'zoo runs card'. It appears whole or not at all.

      Wherever a checkpoint is asked for, MODEL@DATA finds it: in ./models, in the folder that $\(ShippedModels.variable) \
      names, and without that in share/zoo/models beside the bin of the program.

      Examples:
        zoo runs ship fashion --as resnet20@fashion-mnist
        zoo runs ship fashion@12 --as resnet20@fashion-mnist --to models --replace
        zoo evaluate resnet20@fashion-mnist
      """)

  @OptionGroup var card: CardOptions

  @Option(name: .customLong("as"), help: ArgumentHelp("What the model is called.", valueName: "model@data"))
  var name: String

  @Option(help: ArgumentHelp("The folder of models.", valueName: "folder"))
  var to = StoreOptions.defaultFolder

  @Flag(help: "Put it in the place of a model of this name.")
  var replace = false

  func run() throws {
    let chosen = try card.chosen()
    var top1 = 0.0
    var size = 0
    let made = try ShippedModels.make(name, in: to, replaces: replace) { draft in
      try draft.take(chosen.choice, of: chosen.run, weights: card.options.ema ? .average : .net)
      if let bytes = try? PublishedFile.read("\(chosen.run.folder)/\(Configuration.fileName)", atMost: 1 << 20) {
        try PublishedFile.write(bytes, to: "\(draft.folder)/\(Configuration.fileName)")
      }
      var plain = card
      plain.options.ema = false
      let shipped = try CheckpointChoice(draft.path(of: .best), in: card.options.store.checkpoints)
      let written = try plain.write(name, of: chosen, shipped, to: draft.folder)
      (top1, size) = (written.report.metrics.top1, written.byteCount)
    }
    Output.line("top-1     \(NumberText.percent(top1))")
    Output.line("shipped   \(made.folder.terminalEscaped), \(NumberText.bytes(size))")
    Output.line("evaluate  zoo evaluate \(ShellText.quoted(name))\(card.options.store.argument)")
  }
}
