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
      "ECE     \(NumberText.percent(metrics.calibration.expectedError))  (calibration error, largest of a bin "
        + "\(NumberText.percent(metrics.calibration.largestError)))")
    lines += confusions(report)
    lines.append(
      "images  \(NumberText.grouped(metrics.count)) in \(NumberText.fixed(report.seconds, 1)) s, "
        + "\(NumberText.speed(report.imagesPerSecond)) a second"
        + (report.skipped.isEmpty ? "" : "; \(report.skipped.count) could not be decoded"))
    return lines + worst(report, width: width)
  }

  /// The most frequent confusions.
  private static func confusions(_ report: EvaluationReport) -> [String] {
    report.metrics.confusion.confusions.prefix(3).enumerated().map { index, pair in
      let (label, predicted) = (name(pair.label, report), name(pair.predicted, report))
      return (index == 0 ? "often   " : "        ")
        + "\(label.terminalEscaped) taken for \(predicted.terminalEscaped), \(NumberText.count(pair.count, "time"))"
    }
  }

  /// The images that were asked for, the largest loss first.
  private static func worst(_ report: EvaluationReport, width: Int) -> [String] {
    guard !report.worst.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "Label", flexibility: 1), Table.Column(title: "Taken for", flexibility: 1),
      Table.Column(title: "Sure", alignRight: true), Table.Column(title: "Loss", alignRight: true),
    ])
    for error in report.worst {
      table.add([
        name(error.label, report).terminalEscaped,
        name(error.predicted, report).terminalEscaped, NumberText.percent(error.confidence, 1),
        NumberText.loss(error.loss),
      ])
    }
    // Paths are long, and their ends matter: they stand behind the table, whole.
    let lines = table.lines(width: min(width, 60))
    let images = ["Image", ""] + report.worst.map(\.image.terminalEscaped)
    return [""] + zip(lines, images).map { $1.isEmpty ? $0 : TerminalText.padded($0, to: 62) + $1 }
  }

  private static func name(_ label: Int, _ report: EvaluationReport) -> String {
    report.classNames.indices.contains(label) ? report.classNames[label] : "class \(label)"
  }

  /// The classes as comma-separated values.
  static func csv(_ report: EvaluationReport) -> String {
    let rows = zip(report.classNames, report.metrics.perClass).map { name, counts in
      let interval = ConfidenceInterval.wilson(successes: counts.correct, trials: counts.count)
      let isKnown = counts.count > 0
      return [
        name, "\(counts.count)", "\(counts.correct)", "\(counts.predicted)", counts.accuracy.map { "\($0)" } ?? "",
        isKnown ? "\(interval.low)" : "", isKnown ? "\(interval.high)" : "",
      ]
    }
    return SeparatedText.text([["class", "images", "correct", "predicted", "accuracy", "low", "high"]] + rows)
  }

  /// The confusion matrix as comma-separated values: rows of labels, columns of predictions.
  static func confusionCSV(_ report: EvaluationReport) -> String {
    let names = report.metrics.perClass.indices.map { name($0, report) }
    let rows = zip(names, report.metrics.confusion.rows).map { name, counts in [name] + counts.map(String.init) }
    return SeparatedText.text([["label"] + names] + rows)
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
    let worst = report.worst.map { error -> JSONValue in
      [
        "image": .string(error.image), "label": .integer(error.label), "class": .string(name(error.label, report)),
        "predicted": .integer(error.predicted), "predicted_class": .string(name(error.predicted, report)),
        "confidence": .number(error.confidence), "loss": error.loss.isFinite ? .number(error.loss) : .null,
      ]
    }
    let bins = metrics.calibration.bins.map { bin -> JSONValue in
      [
        "images": .integer(bin.count), "confidence": bin.confidence.map(JSONValue.number) ?? .null,
        "accuracy": bin.accuracy.map(JSONValue.number) ?? .null,
      ]
    }
    // JSON has no word for what is not finite.
    func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
    var json: JSONValue = [
      "images": .integer(metrics.count), "correct": .integer(metrics.correct), "top1": .number(metrics.top1),
      "top1_interval": .array([.number(report.top1Interval.low), .number(report.top1Interval.high)]),
      "top5": .number(metrics.top5),
      "top5_interval": .array([.number(report.top5Interval.low), .number(report.top5Interval.high)]),
      "loss": number(metrics.loss), "not_finite": .integer(metrics.notFinite),
      "skipped": .integer(report.skipped.count), "seconds": .number(report.seconds),
      "images_per_second": .number(report.imagesPerSecond), "classes": .array(classes),
      "ece": number(metrics.calibration.expectedError), "mce": number(metrics.calibration.largestError),
      "calibration": .array(bins),
    ]
    // Thousands of classes would make millions of numbers.
    if metrics.perClass.count <= 1000 {
      json["confusion"] = .array(metrics.confusion.rows.map { .array($0.map(JSONValue.integer)) })
    }
    if !worst.isEmpty { json["worst"] = .array(worst) }
    return json
  }

  private static func interval(_ interval: ConfidenceInterval) -> String {
    "\(NumberText.fixed(interval.low * 100, 1))-\(NumberText.percent(interval.high, 1))"
  }
}
