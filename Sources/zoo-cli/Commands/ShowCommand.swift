import ArgumentParser
import Checkpoint
import Engine
import Layers
import Tensors
import Training
import Zoo

/// `zoo show`
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a model's layers, shapes, parameters, work and memory, or draw it.",
    usage: "zoo show <model> [--profile] [--svg <file>] [--dot <file>] [<options>]",
    discussion: """
      A MAC is one multiplication with its addition; shapes and work are those of one image. Activations are the \
      results of all layers in float32, an upper bound of what training keeps for each image.

      --profile computes batches of random images and adds the milliseconds of each layer: the medians of several passes. \
      A layer without a time is computed together with one before it.

      --svg and --dot write a drawing in place of the table; '-' is standard output. SVG is a picture for browsers; DOT is for \
      Graphviz, a cluster for each module.

      Examples:
        zoo show alexnet
        zoo show resnet50 --classes 10 --input-size 128 --json
        zoo show resnet18 --profile --training --batch-size 32
        zoo show googlenet --svg googlenet.svg
        zoo show densenet121 --dot - | dot -Tpdf -o densenet121.pdf
      """)

  @OptionGroup var options: ModelOptions

  @Option(help: ArgumentHelp("Draw the graph as a picture.", valueName: "file"))
  var svg: String?

  @Option(help: ArgumentHelp("Write the graph in Graphviz's language.", valueName: "file"))
  var dot: String?

  @OptionGroup(title: "Profile") var profile: ProfileOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard svg == nil && dot == nil || !json && !profile.profile else {
      throw ValidationError("a drawing holds no table: give '--svg' and '--dot' without '--json' and '--profile'")
    }
    guard svg != "-" || dot != "-" else {
      throw ValidationError("'--svg -' and '--dot -' would both go to standard output")
    }
    try TargetFile.check(svg, "--svg", endings: [".svg"], takesOutput: true)
    try TargetFile.check(dot, "--dot", endings: [".dot", ".gv"], takesOutput: true)
  }

  func run() throws {
    let built = try options.build()
    if svg != nil || dot != nil { return try draw(built) }
    let table = ModelTable(
      built, try built.graph.costs(input: built.input), try profile.measured(built))
    Output.lines(json ? [table.json.text(indented: true)] : table.lines(width: Terminal.output.width))
  }

  private func draw(_ built: ModelOptions.Built) throws {
    let drawing = try GraphDrawing(built.graph, title: built.entry.name, input: built.input)
    for (path, text) in [(svg, { drawing.svg }), (dot, { drawing.dot })] {
      guard let path else { continue }
      if path == "-" {
        Output.text(text())
      } else {
        try PublishedFile.write(text(), to: path)
        Output.line(onError: "drawing written to \(path.terminalEscaped)")
      }
    }
  }
}

/// Whether and how `show` measures.
struct ProfileOptions: ParsableArguments {
  @Flag(help: "Measure how long each layer takes.")
  var profile = false

  @Flag(help: "Measure steps of training: forward, backward and update with SGD. (default: inference)")
  var training = false

  @Option(parsing: .unconditional, help: ArgumentHelp("Images of a pass. (default: 1)", valueName: "n"))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Passes to measure, after two to warm up. (default: 10)", valueName: "n"))
  var steps: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute. (default: every core)", valueName: "n"))
  var threads: Int?

  func validate() throws {
    guard profile || !training && batchSize == nil && steps == nil && threads == nil else {
      throw ValidationError(
        "'--training', '--batch-size', '--steps' and '--threads' say what '--profile' measures: add it")
    }
    for (name, value, most) in [
      ("--batch-size", batchSize, 65_536), ("--steps", steps, 1_000_000), ("--threads", threads, 1024),
    ] {
      guard let value, !(1...most).contains(value) else { continue }
      throw ValidationError("'\(name) \(value)' must be in 1...\(most)")
    }
  }

  /// The profile of a model, when it is asked for.
  func measured(_ built: ModelOptions.Built) throws -> LayerProfile? {
    guard profile else { return nil }
    let test = try SpeedTest(
      built.entry, arguments: built.arguments, inputSize: built.input[1], batchSize: batchSize ?? 1,
      options: ExecutionOptions(threads: threads ?? ExecutionOptions.availableThreads))
    return try test.profile(training ? .train : .infer, passes: steps ?? 10)
  }
}
