public import ArgumentParser
import Checkpoint
public import Training

extension Figure.Subject: ExpressibleByArgument {}

/// `zoo plot`
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draw the curves of a run, or compare several.",
    usage: "zoo plot <run> ... [--output <file>] [<options>]",
    discussion: """
      Without --output the curves are drawn on the terminal. Of several runs each has one curve: that of the validation where \
      there is one. The confusion matrix is that of the best epoch, of at most 50 classes.

      Examples:
        zoo plot flowers
        zoo plot flowers --output flowers.png
        zoo plot flowers other --show accuracy --output compared.svg
      """)

  @Argument(help: ArgumentHelp("The runs.", valueName: "run"))
  var runs: [String]

  @Option(help: ArgumentHelp("The picture: its name ends in .png or .svg.", valueName: "file"))
  var output: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("What to draw: loss, accuracy, lr, confusion. (default: all)", valueName: "what"))
  var show: [Figure.Subject] = []

  @OptionGroup var store: StoreOptions

  func validate() throws { try PlotFile.check(output) }

  func run() throws {
    let runStore = RunStore(folder: store.store)
    let histories = try runs.map { try RunHistory(runStore.run($0)) }
    if let output {
      try PlotFile.write(Figure(histories, showing: show), to: output)
      return
    }
    var isFirst = true
    for subject in show.isEmpty ? [.loss, .accuracy, .rate] : show where subject != .confusion {
      Output.lines((isFirst ? [] : [""]) + ChartText.lines(Chart(histories, showing: subject)))
      isFirst = false
    }
    if show.contains(.confusion) {
      throw CommandError("a confusion matrix is drawn as a picture: give '--output FILE.png' or '--output FILE.svg'")
    }
  }
}

/// Where a plot goes.
enum PlotFile {
  /// Refuses a name that does not say the format.
  static func check(_ path: String?) throws {
    guard let path, Figure.Format(fileName: path) == nil else { return }
    throw ValidationError("'\(path.terminalEscaped)' does not say the format of the picture: end it with .png or .svg")
  }

  /// Writes a figure.
  static func write(_ figure: Figure, to path: String) throws {
    guard let format = Figure.Format(fileName: path) else { return }
    try figure.write(to: path, as: format)
  }
}
