import ArgumentParser
import Checkpoint
import Training

/// `zoo runs export`
struct RunsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write what a run's log says as CSV or for TensorBoard.",
    usage: "zoo runs export <run> ... (--csv <file> [--steps] | --tensorboard <folder>) [<options>]",
    discussion: """
      The log itself, STORE/RUN/log.jsonl, has one JSON object a line. A table has a line for each epoch, or with --steps for \
      each logged step; '-' writes it to standard output. For TensorBoard each run gets a folder with an event file, which a \
      later export replaces.

      Examples:
        zoo runs export flowers --csv flowers.csv
        zoo runs export flowers --csv - --steps
        zoo runs export flowers other --tensorboard boards
      """)

  @Argument(help: ArgumentHelp("The runs.", valueName: "run"))
  var runs: [String]

  @Option(help: ArgumentHelp("Where the table goes; '-' for standard output.", valueName: "file"))
  var csv: String?

  @Flag(help: "A line for each logged step, not for each epoch.")
  var steps = false

  @Option(help: ArgumentHelp("The folder that TensorBoard is told with --logdir.", valueName: "folder"))
  var tensorboard: String?

  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard (csv == nil) != (tensorboard == nil) else {
      throw ValidationError("give either '--csv FILE' or '--tensorboard FOLDER'")
    }
    guard csv == nil || runs.count == 1 else {
      throw ValidationError("a table holds one run, and \(runs.count) are given")
    }
    guard csv != nil || !steps else {
      throw ValidationError("'--steps' is about tables; TensorBoard gets the steps anyway")
    }
  }

  func run() throws {
    let runStore = RunStore(folder: store.store)
    for name in runs {
      let history = try RunHistory(runStore.run(name))
      if let csv {
        let table = steps ? history.stepsCSV : history.epochsCSV
        if csv == "-" { Output.text(table) } else { try PublishedFile.write(table, to: csv) }
      } else if let tensorboard {
        let folder = "\(tensorboard)/\(history.name)"
        try PublishedFile.makeFolder(folder)
        try PublishedFile.write(history.tensorBoardEvents(), to: "\(folder)/\(RunHistory.tensorBoardName)")
        Output.line("wrote \(folder.terminalEscaped)")
      }
    }
  }
}
