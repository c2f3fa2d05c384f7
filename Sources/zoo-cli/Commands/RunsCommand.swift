import ArgumentParser
import Checkpoint

/// `zoo runs`
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List runs, remove their old checkpoints, average them, export their logs, write their cards.",
    discussion: """
      Examples:
        zoo runs
        zoo runs prune flowers --keep 3
        zoo runs average flowers@8 flowers@9 flowers@10
        zoo runs export flowers --csv flowers.csv
        zoo runs card flowers
        zoo runs ship flowers --as resnet18@flowers
      """,
    subcommands: [
      RunsListCommand.self, RunsPruneCommand.self, RunsAverageCommand.self, RunsExportCommand.self,
      RunsCardCommand.self, RunsShipCommand.self,
    ],
    defaultSubcommand: RunsListCommand.self)
}

/// `zoo runs list`, which `zoo runs` means
struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the runs of a store.",
    discussion: """
      Epochs are those that are done: '2+/10' stands in the middle of the third of ten.

      Examples:
        zoo runs
        zoo runs --store /data/models --json
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let summaries = try RunStore(folder: store.store).summaries()
    if json {
      Output.line(JSONValue.array(summaries.map(Self.json)).text(indented: true))
      return
    }
    guard !summaries.isEmpty else {
      Output.note("there are no runs in '\(store.store.terminalEscaped)'; 'zoo train' begins one")
      return
    }
    var table = Table([
      Table.Column(title: "Run", flexibility: 1), Table.Column(title: "Model", flexibility: 2),
      Table.Column(title: "Epochs", alignRight: true), Table.Column(title: "Best top-1", alignRight: true),
      Table.Column(title: "Size", alignRight: true), Table.Column(title: "Saved"), Table.Column(title: ""),
    ])
    for summary in summaries {
      table.add([
        summary.run.name.terminalEscaped, (summary.model ?? "?").terminalEscaped, Self.epochs(summary),
        Self.top1(summary).map { NumberText.percent($0) } ?? "-", NumberText.bytes(summary.byteCount),
        Self.shortTime(summary.modified), summary.process.map { _ in "training" } ?? "",
      ])
    }
    Output.lines(table.lines(width: Terminal.output.width))
    for summary in summaries {
      if let problem = summary.problem { Output.note(problem) }
    }
  }

  /// `3/10`, and `2+/10` in the middle of the third.
  private static func epochs(_ summary: RunSummary) -> String {
    let total = summary.settings["epochs"]?.integer.map(String.init) ?? "?"
    guard let position = summary.position else { return "0/\(total)" }
    return "\(position.epoch)\(position.batchesDone > 0 ? "+" : "")/\(total)"
  }

  /// Of the best checkpoint's validation, or of its training where there was no validation.
  private static func top1(_ summary: RunSummary) -> Double? {
    summary.bestMetrics["val_top1"]?.double ?? summary.bestMetrics["train_top1"]?.double
  }

  /// `2025-01-31 12:00`
  private static func shortTime(_ time: String?) -> String {
    time.map { String($0.prefix(16)).split(separator: "T").joined(separator: " ") } ?? "-"
  }

  private static func json(_ summary: RunSummary) -> JSONValue {
    [
      "name": .string(summary.run.name), "folder": .string(summary.run.folder),
      "model": summary.model.map(JSONValue.string) ?? .null,
      "epoch": summary.position.map { .integer($0.epoch) } ?? .null,
      "step": summary.position.map { .integer($0.step) } ?? .null,
      "batches_done": summary.position.map { .integer($0.batchesDone) } ?? .null,
      "epochs": summary.settings["epochs"] ?? .null, "best": summary.bestMetrics, "last": summary.lastMetrics,
      "checkpoints": .array(summary.labels.map { .string($0.description) }), "bytes": .integer(summary.byteCount),
      "modified": summary.modified.map(JSONValue.string) ?? .null,
      "process": summary.process.map(JSONValue.integer) ?? .null,
      "problem": summary.problem.map(JSONValue.string) ?? .null,
    ]
  }
}
