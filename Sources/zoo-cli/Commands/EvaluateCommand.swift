public import ArgumentParser
import Checkpoint
import Datasets
public import Training

extension TestTimeAugmentation: ExpressibleByArgument {}

/// `zoo evaluate`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a checkpoint on labelled images.",
    usage: "zoo evaluate <checkpoint> [--data <path>] [<options>]",
    discussion: """
      Every image is measured, prepared as the checkpoint says. The data's classes are matched to the checkpoint's by \
      name. Of data with a part for validation or test, that part is used. Without --data, the checkpoint of a run, or a \
      model that comes with zoo, is measured on what it was validated on: all of these images, also where they were put aside \
      from those for training. Intervals are Wilson's, at 95 % confidence. The \
      calibration error is the mean difference of accuracy and probability, in 15 bins of equal width.

      --tta decides by the mean probabilities of several views: 'flip' adds the mirror image, 'five-crop' the four corners, \
      'ten-crop' both.

      Examples:
        zoo evaluate first@best --data fashion-mnist
        zoo evaluate resnet20@fashion-mnist
        zoo evaluate models/first/best.h5 --data flowers-test --json
        zoo evaluate flowers@best --data flowers --tta ten-crop --worst 20
        zoo evaluate flowers@best --data flowers --csv classes.csv --confusion matrix.png
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: RUN@best, RUN@last, RUN@12, a file, or registered weights.", valueName: "checkpoint"))
  var reference: String

  @Option(
    help: ArgumentHelp(
      "A folder with one folder of images for each class, or with 'val' or 'test' in it; a list of images (.json, .csv); "
        + "tar archives; or 'fashion-mnist'. (default: what the run was validated on)",
      valueName: "path"))
  var data: String?

  @Flag(help: "Leave out images that cannot be decoded, and count them.")
  var skipCorrupt = false

  @Option(help: ArgumentHelp("Look at more than the middle: none, flip, five-crop or ten-crop.", valueName: "views"))
  var tta = TestTimeAugmentation.none

  @Option(parsing: .unconditional, help: ArgumentHelp("Name the N worst errors with their files.", valueName: "n"))
  var worst = 0

  @Option(help: ArgumentHelp("Write the table of classes as CSV.", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Write the confusion matrix: CSV, or a picture when the name ends in .png or .svg.", valueName: "file"))
  var confusion: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var reading: DataReadingOptions
  @OptionGroup var options: CheckpointOptions

  @OptionGroup var passes: PassOptions

  func validate() throws {
    guard (0...100_000).contains(worst) else {
      throw ValidationError("the number of worst errors is \(worst); it must be in 0...100000")
    }
  }

  func run() throws {
    let reading = try reading.settings()
    let choice = try options.choice(reference)
    for path in [csv, confusion].compactMap({ $0 }) { try PublishedFile.checkFolder(of: path) }
    let dataset = try MeasuredData(data, of: choice.run, reading, reference: reference).images
    let model = try options.load(choice, classNames: reading.classNames)
    let evaluator = Evaluator(
      model, batchSize: passes.batchSize, workers: passes.readers, leavesOutCorruptImages: skipCorrupt, views: tta,
      worstCount: worst)
    let report = try Self.measure(evaluator, on: dataset)
    for sample in report.skipped { Output.note("left out: \(sample.error)") }
    if report.metrics.notFinite > 0 {
      Output.note(
        "the outputs for \(NumberText.count(report.metrics.notFinite, "image")) are not finite, so the network has diverged; "
          + "'zoo verify \(ShellText.quoted(reference))' says which of its numbers are not")
    }
    if let csv { try PublishedFile.write(EvaluationText.csv(report), to: csv) }
    if let confusion { try write(report, to: confusion) }
    Output.lines(json ? [EvaluationText.json(report).text(indented: true)] : EvaluationText.lines(report))
  }

  /// Measures all images, and shows how far it is.
  static func measure(_ evaluator: Evaluator, on dataset: any Dataset) throws -> EvaluationReport {
    var display = ProgressDisplay()
    defer { display.clear() }
    return try evaluator.evaluate(dataset) { progress in
      display.show(
        isEnd: progress.done == progress.total,
        drawn: { ProgressLine.validation(progress, title: "evaluation", width: $0, unicode: $1) },
        plain: { ProgressLine.plain(progress, title: "evaluation") })
    }
  }

  /// The confusion matrix as a table or a picture.
  private func write(_ report: EvaluationReport, to path: String) throws {
    guard Figure.Format(fileName: path) == nil else {
      let chart = ConfusionChart(report.metrics.confusion.rows, classNames: report.classNames, title: reference)
      return try PlotFile.write(Figure(chart), to: path)
    }
    try PublishedFile.write(EvaluationText.confusionCSV(report), to: path)
  }
}
