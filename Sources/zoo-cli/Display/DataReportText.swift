import Checkpoint
import Datasets

/// What `zoo data verify` prints.
enum DataReportText {
  /// So many images of a kind are named; JSON names all.
  private static let mostNamed = 10

  /// For people.
  static func lines(_ report: DataReport) -> [String] {
    var lines = part(report.training, report.validation == nil ? "images" : "training")
    if let validation = report.validation { lines += part(validation, "validation") }
    lines += classes(report)
    let parts = [report.training] + (report.validation.map { [$0] } ?? [])
    lines += named("damaged", parts.flatMap { $0.corrupt.map(\.description) })
    lines += named("leak", report.leaks.map { "\(name($0.validation)) is \(name($0.training))" })
    lines += named("unknown", report.unknownClasses.map { "'\($0.terminalEscaped)' is a class of validation only" })
    lines += named("missing", report.missingClasses.map { "'\($0.terminalEscaped)' has no images for validation" })
    lines += named("empty", parts.flatMap(\.emptyClasses).map { "'\($0.terminalEscaped)' has no images" })
    lines += named("two classes", parts.flatMap(\.contradictions).map(group))
    lines += named("duplicate", parts.flatMap(\.repetitions).map(group))
    lines += named("CMYK", parts.flatMap(\.inks).map(name))
    lines += named("16 bits", parts.flatMap(\.deep).map(name))
    lines += named("turned", parts.flatMap(\.turned).map { name($0) + " (EXIF)" })
    lines.append("verdict     \(verdict(report))")
    return lines
  }

  private static func verdict(_ report: DataReport) -> String {
    report.hasErrors ? "not fit to train on as it is" : report.hasRemarks ? "fit, with what is named above" : "fit"
  }

  private static func part(_ part: DataReport.Part, _ title: String) -> [String] {
    let formats = part.formats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(NumberText.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
    let sizes = part.sizes.map { "; \($0.smallest) to \($0.largest) pixels" } ?? ""
    return [
      TerminalText.padded(title, to: 12)
        + "\(NumberText.count(part.count, "image")) in \(classes(part.classNames.count))"
        + (formats.isEmpty ? "" : "; \(formats)") + sizes
    ]
  }

  private static func classes(_ count: Int) -> String {
    "\(NumberText.grouped(count)) \(count == 1 ? "class" : "classes")"
  }

  /// A table of the classes with their images.
  private static func classes(_ report: DataReport) -> [String] {
    let names = report.training.classNames + report.unknownClasses
    let others = report.validation.map { part in
      Dictionary(zip(part.classNames, part.classCounts)) { first, _ in first }
    }
    let width = min(names.map { TerminalText.width($0.terminalEscaped) }.max() ?? 0, 40)
    let shown = names.enumerated().map { label, name in
      let count = report.training.classCounts.indices.contains(label) ? report.training.classCounts[label] : 0
      let title = TerminalText.padded(TerminalText.truncated(name.terminalEscaped, to: width), to: width)
      let other = others.map { " " + TerminalText.padded(NumberText.grouped($0[name] ?? 0), to: 10, alignRight: true) }
      return "  \(title) \(TerminalText.padded(NumberText.grouped(count), to: 10, alignRight: true))\(other ?? "")"
    }
    guard shown.count > 40 else { return shown }
    return shown.prefix(39) + ["  and \(classes(shown.count - 39)) more; '--json' lists all"]
  }

  private static func named(_ title: String, _ texts: [String]) -> [String] {
    var lines = texts.prefix(mostNamed).map { TerminalText.padded(title, to: 12) + $0 }
    if texts.count > mostNamed {
      let rest = NumberText.grouped(texts.count - mostNamed)
      lines.append(TerminalText.padded("", to: 12) + "and \(rest) more; '--json' names all")
    }
    return lines
  }

  private static func name(_ sample: DataReport.Sample) -> String { sample.name.terminalEscaped }

  private static func group(_ samples: [DataReport.Sample]) -> String {
    let shown = samples.prefix(3).map(name).joined(separator: " = ")
    return samples.count > 3 ? "\(shown) and \(samples.count - 3) more" : shown
  }

  /// For programs.
  static func json(_ report: DataReport) -> JSONValue {
    [
      "training": json(report.training), "validation": report.validation.map(json) ?? .null,
      "leaks": .array(
        report.leaks.map { ["validation": .string($0.validation.name), "training": .string($0.training.name)] }),
      "unknown_classes": .array(report.unknownClasses.map(JSONValue.string)),
      "missing_classes": .array(report.missingClasses.map(JSONValue.string)),
      "verdict": .string(report.hasErrors ? "errors" : report.hasRemarks ? "remarks" : "sound"),
    ]
  }

  private static func json(_ part: DataReport.Part) -> JSONValue {
    func names(_ samples: [DataReport.Sample]) -> JSONValue { .array(samples.map { .string($0.name) }) }
    func size(_ size: ImageSize) -> JSONValue { .array([.integer(size.height), .integer(size.width)]) }
    var classes: JSONValue = [:]
    for (name, count) in zip(part.classNames, part.classCounts) { classes[name] = .integer(count) }
    var formats: JSONValue = [:]
    for (name, count) in part.formats.sorted(by: { $0.key < $1.key }) { formats[name] = .integer(count) }
    return [
      "images": .integer(part.count), "classes": classes, "formats": formats,
      "smallest": part.sizes.map { size($0.smallest) } ?? .null,
      "largest": part.sizes.map { size($0.largest) } ?? .null,
      "corrupt": .array(
        part.corrupt.map { ["image": .string($0.location), "reason": .string($0.message)] }),
      "cmyk": names(part.inks), "sixteen_bit": names(part.deep), "exif_rotated": names(part.turned),
      "duplicates": .array(part.duplicates.map(names)), "contradictions": .array(part.contradictions.map(names)),
      "empty_classes": .array(part.emptyClasses.map(JSONValue.string)),
    ]
  }
}
