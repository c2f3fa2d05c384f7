import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo predict`
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Say what images show.",
    usage: "zoo predict <checkpoint> <image> ... [<options>]",
    discussion: """
      Examples:
        zoo predict first@best photo.jpg
        zoo predict first@best photos --top 3 --json
      """)

  @Argument(help: ArgumentHelp("A checkpoint: RUN@best, RUN@last, RUN@12 or a file.", valueName: "checkpoint"))
  var reference: String

  @Argument(help: ArgumentHelp("Images, and folders whose images are all meant.", valueName: "image"))
  var images: [String]

  @Option(parsing: .unconditional, help: ArgumentHelp("Classes to name for each image.", valueName: "n"))
  var top = 5

  @Flag(help: "Leave out images that cannot be decoded.")
  var skipCorrupt = false

  @Flag(help: "Print JSON: one object a line for each image.")
  var json = false

  @OptionGroup var options: CheckpointOptions

  func validate() throws {
    guard top >= 1 else { throw ValidationError("'--top \(top)' names no class; it must be at least 1") }
  }

  func run() throws {
    let model = try options.load(reference)
    let predictor = Predictor(model, batchSize: options.batchSize, workers: options.readers)
    var isFirst = true
    try predictor.predict(
      images, top: top,
      onCorrupt: skipCorrupt ? { Output.note("left out: \($0.error)") } : nil
    ) { prediction in
      if json {
        Output.line(Self.json(prediction).text())
      } else {
        Output.lines((isFirst ? [] : [""]) + Self.lines(prediction))
        isFirst = false
      }
    }
  }

  private static func lines(_ prediction: Prediction) -> [String] {
    let width = Terminal.output.width
    let longest = prediction.guesses.map { TerminalText.width($0.className.terminalEscaped) }.max() ?? 0
    return [prediction.image.terminalEscaped]
      + prediction.guesses.map { guess in
        let name = TerminalText.padded(guess.className.terminalEscaped, to: min(longest, max(width - 12, 8)))
        return "  \(name)  \(TerminalText.padded(NumberText.percent(guess.probability), to: 7, alignRight: true))"
      }
  }

  private static func json(_ prediction: Prediction) -> JSONValue {
    let guesses = prediction.guesses.map { guess -> JSONValue in
      ["label": .integer(guess.label), "class": .string(guess.className), "probability": .number(guess.probability)]
    }
    return ["image": .string(prediction.image), "predictions": .array(guesses)]
  }
}
