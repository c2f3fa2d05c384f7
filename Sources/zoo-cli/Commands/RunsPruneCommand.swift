import ArgumentParser
import Checkpoint
import Training

/// `zoo runs prune`
struct RunsPruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove old checkpoints of runs.",
    usage: "zoo runs prune <run> ... [--keep <n>] [--all] [--dry-run]",
    discussion: """
      Removes the checkpoints of epochs that the run has by --keep-epochs but the newest, those that 'zoo resume RUN@WHICH' \
      has put into the folder 'superseded', and what interrupted savings left. The best epochs of --keep-best and those of \
      --keep-every stay unless --all is given; 'last', 'best' and 'average' always stay. A run that trains now is left alone.

      Examples:
        zoo runs prune flowers --keep 3 --dry-run
        zoo runs prune flowers digits
      """)

  @Argument(help: ArgumentHelp("The runs.", valueName: "run"))
  var runs: [String]

  @Option(parsing: .unconditional, help: ArgumentHelp("How many of the newest epochs stay.", valueName: "n"))
  var keep = 0

  @Flag(help: "Remove the epochs of --keep-best and --keep-every too.")
  var all = false

  @Flag(help: "Show what would be removed, and remove nothing.")
  var dryRun = false

  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard keep >= 0 else { throw ValidationError("'--keep \(keep)' keeps nothing; it must be at least 0") }
  }

  func run() throws {
    let store = RunStore(folder: store.store)
    // All runs are found before the first file goes.
    let found = try runs.map { try store.run($0) }
    for run in found {
      let files = try run.superfluous(keepingEpochs: keep, sparing: all ? [] : run.keptEpochs())
      if !dryRun && !files.isEmpty { try run.remove(files) }
      for file in files {
        Output.line("\(dryRun ? "would remove" : "removed")  \(run.name.terminalEscaped)/\(file.name.terminalEscaped)")
      }
      let bytes = files.reduce(0) { $0 + $1.byteCount }
      Output.line(
        "\(run.name.terminalEscaped): \(NumberText.count(files.count, "file")), \(NumberText.bytes(bytes)) "
          + (dryRun ? "would be free" : "freed"))
    }
  }
}
