import ArgumentParser
import Checkpoint
import Training

/// `zoo weights`
struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Register files of weights under names, list them, remove them.",
    discussion: """
      A registered name stands for its file wherever a checkpoint is asked for, and after 'zoo train --weights'. A run of \
      the same name comes first.

      The store holds copies, in $XDG_DATA_HOME/zoo/weights (~/.local/share/zoo/weights unless set) or the folder that \
      $\(WeightStore.variable) names; whoever uses one holds it against its SHA-256.

      Examples:
        zoo weights add resnet18-f37072fd.pth
        zoo weights add flowers.safetensors --model resnet18 --name flowers
        zoo weights list
        zoo weights remove flowers
      """,
    subcommands: [WeightsAddCommand.self, WeightsListCommand.self, WeightsRemoveCommand.self],
    defaultSubcommand: WeightsListCommand.self)
}

/// `zoo weights add`
struct WeightsAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Register a file of weights.",
    usage: "zoo weights add <file> [--model <name>] [--name <name>] [<options>]",
    discussion: """
      The file is copied into the store, so that what becomes of the original does not matter; file systems that share the \
      bytes of copies need no more room. Its model is the one that --model says, that the file itself says, or that its \
      tensors fit. All tensors must be the model's.

      Files of torchvision are known by their SHA-256, which begins as the digits in their names say: they are called \
      MODEL@TAG, and images are prepared for them as torchvision does. One with other digits in its name is refused.

      Examples:
        zoo weights add resnet18-f37072fd.pth
        zoo weights add flowers.safetensors --model resnet18 --name flowers
        zoo evaluate resnet18@imagenet1k_v1 --data imagenet/val
        zoo train resnet18 --data flowers --weights resnet18@imagenet1k_v1
      """)

  @Argument(help: ArgumentHelp("A checkpoint of any format.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "The architecture. (default: what the file says, or what its tensors fit)", valueName: "name"))
  var model: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The classes. (default: those of the last layer)", valueName: "n"))
  var classes: Int?

  @Option(help: ArgumentHelp("What to call them. (default: the file's name)", valueName: "name"))
  var name: String?

  @Flag(help: "Give a name that is there to this file.")
  var replace = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let store = WeightStore.user()
    if let name, let shipped = ShippedModels.installed(beside: StoreOptions.defaultFolder).model(name) {
      throw CommandError(
        "'\(name.terminalEscaped)' is a model that comes with zoo, in '\(shipped.folder.terminalEscaped)', and would be hidden; "
          + "give another '--name'")
    }
    let (weights, description) = try store.register(
      file, named: name, model: model, classes: classes, replaces: replace)
    if json {
      Output.line(WeightsText.json(weights, in: store).text(indented: true))
    } else {
      Output.line("added     '\(weights.name.terminalEscaped)': \(description), \(NumberText.bytes(weights.byteCount))")
      Output.line("evaluate  zoo evaluate \(ShellText.quoted(weights.name)) --data PATH")
    }
  }
}

/// `zoo weights list`, which `zoo weights` means
struct WeightsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what is registered.",
    discussion: """
      Examples:
        zoo weights list
        zoo weights list --json
      """)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let store = WeightStore.user()
    let (weights, problems) = try store.contents()
    if json {
      Output.line(JSONValue.array(weights.map { WeightsText.json($0, in: store) }).text(indented: true))
    } else if weights.isEmpty {
      Output.note(
        "no weights are registered in '\(store.folder.terminalEscaped)'; 'zoo weights add FILE' registers a file")
    } else {
      Output.lines(WeightsText.table(weights).lines(width: Terminal.output.width))
    }
    problems.forEach { Output.note($0) }
  }
}

/// `zoo weights remove`
struct WeightsRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Forget weights, and remove the store's copy of them.",
    usage: "zoo weights remove <name> ...",
    discussion: """
      The file from which they were registered stays as it is.

      Examples:
        zoo weights remove flowers
      """)

  @Argument(help: ArgumentHelp("The names; 'zoo weights list' shows them.", valueName: "name"))
  var names: [String]

  func run() throws {
    let store = WeightStore.user()
    for name in names {
      try store.remove(name)
      Output.line("removed   '\(name.terminalEscaped)'")
    }
  }
}
