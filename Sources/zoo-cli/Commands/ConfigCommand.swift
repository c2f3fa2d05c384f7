import ArgumentParser
import Checkpoint
import Training

/// `zoo config`
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Say what a training would be told, and by whom.",
    discussion: """
      Examples:
        zoo config explain --config flowers.yaml --lr 0.1
      """,
    subcommands: [ConfigExplainCommand.self])
}

/// `zoo config explain`
struct ConfigExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say where each setting of a training comes from.",
    usage: "zoo config explain [<what stands after 'zoo train'>]",
    discussion: """
      The file of --config holds lines such as 'epochs: 30' and 'model: resnet18': its keys are the options of 'zoo train' \
      without dashes in front, and the command line goes before it. A run keeps all of its settings in STORE/RUN/config.yaml.

      Examples:
        zoo config explain --config flowers.yaml --lr 0.1
        zoo config explain resnet18 --data flowers --schedule one-cycle --json
      """)

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("What stands after 'zoo train'; and --json.", valueName: "options"))
  var arguments: [String] = []

  func run() throws {
    if arguments.contains("--help") || arguments.contains("-h") { throw CleanExit.helpRequest(self) }
    let isJSON = arguments.contains("--json")
    let configuration = try Configuration(["train"] + arguments.filter { $0 != "--json" })
    // What the training itself would refuse is refused here.
    if let command = try configuration.parsed() as? TrainCommand { try command.settings().validate() }
    let explanation = configuration.explanation
    if isJSON {
      let rows = explanation.map { row -> JSONValue in
        ["key": .string(row.key), "value": .string(row.value), "source": .string(row.source)]
      }
      return Output.line(JSONValue.array(rows).text(indented: true))
    }
    var table = Table([
      Table.Column(title: "Setting"), Table.Column(title: "Value", flexibility: 1),
      Table.Column(title: "From", flexibility: 2),
    ])
    for row in explanation { table.add([row.key, row.value.terminalEscaped, row.source.terminalEscaped]) }
    Output.lines(table.lines(width: Terminal.output.width))
  }
}
