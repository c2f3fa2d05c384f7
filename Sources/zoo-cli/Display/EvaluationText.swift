import Checkpoint
import Training

/// How the result of an evaluation is shown.
enum EvaluationText {
  /// The classes in a table, then the sums.
  static func lines(_ report: EvaluationReport, width: Int = Terminal.output.width) -> [String] {
    var table = Table([
      Table.Column(title: "Class", flexibility: 1), Table.Column(title: "Images", alignRight: true),
      Table.Column(title: "Recognised", alignRight: true), Table.Column(title: "Accuracy", alignRight: true),
      Table.Column(title: "95 % interval", alignRight: true), Table.Column(title: "Predicted", alignRight: true),
    ])
    for (name, counts) in zip(report.classNames, report.metrics.perClass) {
      table.add([
        name.terminalEscaped, NumberText.grouped(counts.count), NumberText.grouped(counts.correct),
        counts.accuracy.map { NumberText.percent($0) } ?? "-",
        counts.count == 0 ? "-" : interval(.wilson(successes: counts.correct, trials: counts.count)),
        NumberText.grouped(counts.predicted),
      ])
    }
    let metrics = report.metrics
    var lines = table.lines(width: width) + [""]
    lines.append("top-1   \(NumberText.percent(metrics.top1))  (95 % interval \(interval(report.top1Interval)))")
    // Of five classes or fewer, every image is among the first five.
    if metrics.perClass.count > 5 {
      lines.append("top-5   \(NumberText.percent(metrics.top5))  (95 % interval \(interval(report.top5Interval)))")
    }
    lines.append("loss    \(NumberText.fixed(metrics.loss, 4))")
    lines.append(
      "images  \(NumberText.grouped(metrics.count)) in \(NumberText.fixed(report.seconds, 1)) s, "
        + "\(NumberText.speed(report.imagesPerSecond)) a second"
        + (report.skipped.isEmpty ? "" : "; \(report.skipped.count) could not be decoded"))
    return lines
  }

  /// The same for programs.
  static func json(_ report: EvaluationReport) -> JSONValue {
    let metrics = report.metrics
    let classes = zip(report.classNames, metrics.perClass).map { name, counts -> JSONValue in
      [
        "name": .string(name), "images": .integer(counts.count), "correct": .integer(counts.correct),
        "predicted": .integer(counts.predicted), "accuracy": counts.accuracy.map(JSONValue.number) ?? .null,
      ]
    }
    return [
      "images": .integer(metrics.count), "correct": .integer(metrics.correct), "top1": .number(metrics.top1),
      "top1_interval": .array([.number(report.top1Interval.low), .number(report.top1Interval.high)]),
      "top5": .number(metrics.top5),
      "top5_interval": .array([.number(report.top5Interval.low), .number(report.top5Interval.high)]),
      "loss": .number(metrics.loss), "skipped": .integer(report.skipped.count), "seconds": .number(report.seconds),
      "images_per_second": .number(report.imagesPerSecond), "classes": .array(classes),
    ]
  }

  private static func interval(_ interval: ConfidenceInterval) -> String {
    "\(NumberText.fixed(interval.low * 100, 1))-\(NumberText.percent(interval.high, 1))"
  }
}
