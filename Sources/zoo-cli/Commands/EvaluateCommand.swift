import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo evaluate`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a checkpoint on labelled images.",
    usage: "zoo evaluate <checkpoint> --data <path> [<options>]",
    discussion: """
      Every image is measured, prepared as the checkpoint says. The data's classes are matched to the checkpoint's by \
      name. Of data with a part for validation or test, that part is used. Intervals are Wilson's, at 95 % confidence.

      Examples:
        zoo evaluate first@best --data fashion-mnist
        zoo evaluate models/first/best.h5 --data flowers-test --json
      """)

  @Argument(help: ArgumentHelp("A checkpoint: RUN@best, RUN@last, RUN@12 or a file.", valueName: "checkpoint"))
  var reference: String

  @Option(
    help: ArgumentHelp(
      "A folder with one folder of images for each class, or with 'val' or 'test' in it; a list of images (.json, .csv); "
        + "tar archives; or 'fashion-mnist'.",
      valueName: "path"))
  var data: String

  @Flag(help: "Leave out images that cannot be decoded, and count them.")
  var skipCorrupt = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var reading: DataReadingOptions
  @OptionGroup var options: CheckpointOptions

  func run() throws {
    let reading = try reading.settings()
    let dataset = try DataSource(data, reading).open(.validation)
    let model = try options.load(reference, classNames: reading.classNames)
    let evaluator = Evaluator(
      model, batchSize: options.batchSize, workers: options.readers, leavesOutCorruptImages: skipCorrupt)
    var display = ProgressDisplay()
    let report = try evaluator.evaluate(dataset) { progress in
      display.show(
        isEnd: progress.done == progress.total,
        drawn: { ProgressLine.validation(progress, title: "evaluation", width: $0, unicode: $1) },
        plain: { ProgressLine.plain(progress, title: "evaluation") })
    }
    display.clear()
    for sample in report.skipped { Output.note("left out: \(sample.error)") }
    Output.lines(json ? [EvaluationText.json(report).text(indented: true)] : EvaluationText.lines(report))
  }
}
