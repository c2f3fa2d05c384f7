import ArgumentParser
import Checkpoint
import Datasets
import Training

/// `zoo data verify`
struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Decode every image and say what is wrong with the data.",
    usage: "zoo data verify <path> [--val <path>] [--json] [<options>]",
    discussion: """
      Counts the images of each class and finds those that cannot be decoded, that are CMYK, have 16 bits, or are to be \
      turned by EXIF (which training does with --exif-orientation only), those with the same pixels as others, training \
      images among those for validation, and classes that differ between the two.

      Exit codes: 0 nothing found, 1 damaged images, leaks, class folders without images, classes that training lacks, or \
      data that cannot be opened at all (with a message, and no report), 2 only what is worth a look (duplicates, CMYK, \
      16 bits, EXIF, classes without images in a list or in the validation).

      Examples:
        zoo data verify flowers
        zoo data verify train.json --val val.json --data-root images --json
      """)

  @Argument(help: ArgumentHelp("What '--data' of 'train' takes.", valueName: "path"))
  var path: String

  @Option(
    name: .customLong("val"),
    help: ArgumentHelp("The same for validation. (default: the data's own, if it has any)", valueName: "path"))
  var validation: String?

  @OptionGroup var reading: DataReadingOptions

  @Flag(help: "Print JSON, with every image that is found.")
  var json = false

  func run() throws {
    let reading = try reading.settings()
    let source = try DataSource(path, reading)
    let training = try source.open(.training, allowsEmptyClasses: true)
    let other = try validation.map { try DataSource($0, reading).open(.validation, allowsEmptyClasses: true) }
    let measured = try other ?? (source.hasValidation ? source.open(.validation, allowsEmptyClasses: true) : nil)
    var display = ProgressDisplay()
    let report = DataReport(training: training, validation: measured) { done, total in
      display.show(
        isEnd: done == total,
        drawn: { ProgressLine.images("decoding", done: done, total: total, width: $0, unicode: $1) },
        plain: { ProgressLine.plain("decoding", done: done, total: total) })
    }
    display.clear()
    if json {
      Output.line(DataReportText.json(report).text(indented: true))
    } else {
      Output.lines(DataReportText.lines(report))
    }
    if report.hasErrors { throw Outcome(.failed) }
    if report.hasRemarks { throw Outcome(.unreadable) }
  }
}
