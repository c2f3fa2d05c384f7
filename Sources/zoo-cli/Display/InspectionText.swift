import Checkpoint
import Tensors

/// How the contents of a file are shown.
enum InspectionText {
  /// `a.h5: zoo-checkpoint, 233 MiB, 16 tensors of 233 MiB, written by zoo`
  static func title(_ file: CheckpointFile) -> String {
    let contents = file.contents
    let bytes = contents.tensors.reduce(0) { $0.addingReportingOverflow($1.byteCount).partialValue }
    let producer = contents.producer.map { ", written by \($0.terminalEscaped)" } ?? ""
    return "\(file.path.terminalEscaped): \(contents.format.rawValue), \(NumberText.bytes(contents.byteCount)), "
      + "\(NumberText.count(contents.tensors.count, "tensor")) of \(NumberText.bytes(bytes))\(producer)"
  }

  /// What a file holds besides tensors: a line for each value of the outermost dictionary, long ones cut.
  static func values(_ contents: FileContents, width: Int) -> [String] {
    // No line shows more than some hundred characters.
    var budget = Value.Budget(20_000)
    guard let entries = contents.values.entries else {
      if contents.values == .null { return [] }
      return [TerminalText.truncated(text(contents.values, contents, &budget), to: width)]
    }
    return entries.map { entry in
      let key = TerminalText.padded(text(entry.key, contents, &budget), to: 16)
      var own = Value.Budget(min(500, budget.steps))
      _ = budget.take(500)
      return TerminalText.truncated("\(key) \(text(entry.value, contents, &own))", to: width)
    }
  }

  /// A value on one line; a text is shown without quotes.
  static func text(_ value: Value, _ contents: FileContents, _ budget: inout Value.Budget) -> String {
    let json = value.json(tensors: contents.tensors, budget: &budget)
    return (json.string ?? json.text()).terminalEscaped
  }

  /// All tensors in a table.
  /// - Parameter notes: Lines that stand below a tensor.
  static func table(
    _ tensors: [StoredTensor], width: Int, notes: (StoredTensor) throws -> [String]
  ) rethrows -> [String] {
    var table = Table([
      Table.Column(title: "Tensor", flexibility: 1), Table.Column(title: "Type"), Table.Column(title: "Shape"),
      Table.Column(title: "Bytes", alignRight: true),
    ])
    for tensor in tensors {
      table.add([
        tensor.name.terminalEscaped, tensor.dtype.rawValue, tensor.shape.compactDescription,
        NumberText.bytes(tensor.byteCount),
      ])
      let notes = try notes(tensor)
      if !notes.isEmpty { table.addNote(notes.map { "  \($0)" }.joined(separator: "\n")) }
    }
    return table.lines(width: width)
  }

  /// `min -0.98, max 1.2, mean 0.0011, std 0.049, 3 not finite`
  static func line(_ statistics: TensorStatistics) -> String {
    func text(_ name: String, _ value: Double?) -> String? { value.map { "\(name) \(short($0))" } }
    let parts = [
      text("min", statistics.minimum), text("max", statistics.maximum), text("mean", statistics.mean),
      text("std", statistics.standardDeviation),
      statistics.nonFiniteCount > 0 ? "\(NumberText.grouped(statistics.nonFiniteCount)) not finite" : nil,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  /// The same for programs.
  static func json(_ statistics: TensorStatistics) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    return [
      "min": number(statistics.minimum), "max": number(statistics.maximum), "mean": number(statistics.mean),
      "std": number(statistics.standardDeviation), "nonfinite": .integer(statistics.nonFiniteCount),
    ]
  }

  /// Five significant digits; a single-precision number needs no more to be recognised.
  private static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var (scaled, exponent) = (abs(value), 0)
    while scaled >= 100_000 { (scaled, exponent) = (scaled / 10, exponent + 1) }
    while scaled < 10_000 { (scaled, exponent) = (scaled * 10, exponent - 1) }
    let digits = Double(scaled.rounded())
    let rounded = exponent < 0 ? digits / power(-exponent) : digits * power(exponent)
    return "\(value < 0 ? -rounded : rounded)"
  }

  private static func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1.0) { power, _ in power * 10 } }
}
