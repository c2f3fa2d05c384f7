import Checkpoint

/// What two checkpoints have not in common.
enum ComparisonText {
  /// The differences for people.
  /// - Parameter limit: How many of each kind are shown.
  static func lines(_ comparison: CheckpointComparison, limit: Int) -> [String] {
    var lines = names("missing", comparison.missing, limit) + names("unexpected", comparison.unexpected, limit)
    for tensor in comparison.reshaped.prefix(limit) {
      lines.append(
        "\(tensor.isSameShape ? "retyped " : "reshaped")    \(tensor.name.terminalEscaped)  \(tensor.first) and \(tensor.second)"
      )
    }
    lines += more(comparison.reshaped.count, limit)
    if !comparison.changed.isEmpty {
      var table = Table([
        Table.Column(title: "Changed", flexibility: 1), Table.Column(title: "Numbers", alignRight: true),
        Table.Column(title: "of", alignRight: true), Table.Column(title: "max |a-b|", alignRight: true),
        Table.Column(title: "max |a-b|/|b|", alignRight: true),
      ])
      for tensor in comparison.changed.prefix(limit) {
        table.add([
          tensor.name.terminalEscaped, NumberText.grouped(tensor.count), NumberText.grouped(tensor.total),
          NumberText.rate(tensor.maxAbsolute), NumberText.rate(tensor.maxRelative),
        ])
      }
      lines += table.lines(width: Terminal.output.width) + more(comparison.changed.count, limit)
    }
    let differing =
      comparison.missing.count + comparison.unexpected.count + comparison.reshaped.count
      + comparison.changed.count
    lines.append(
      comparison.isSame
        ? "the same: \(NumberText.count(comparison.sameCount, "tensor"))"
        : "different: \(NumberText.grouped(differing)); the same: \(NumberText.grouped(comparison.sameCount))")
    return lines
  }

  /// The differences for programs.
  static func json(_ comparison: CheckpointComparison) -> JSONValue {
    [
      "same": .bool(comparison.isSame), "same_count": .integer(comparison.sameCount),
      "missing": .array(comparison.missing.map(JSONValue.string)),
      "unexpected": .array(comparison.unexpected.map(JSONValue.string)),
      "reshaped": .array(
        comparison.reshaped.map { tensor -> JSONValue in
          ["name": .string(tensor.name), "first": .string(tensor.first), "second": .string(tensor.second)]
        }),
      "changed": .array(
        comparison.changed.map { tensor -> JSONValue in
          [
            "name": .string(tensor.name), "count": .integer(tensor.count), "total": .integer(tensor.total),
            "max_abs": .number(tensor.maxAbsolute), "max_rel": .number(tensor.maxRelative),
          ]
        }),
    ]
  }

  private static func names(_ title: String, _ names: [String], _ limit: Int) -> [String] {
    names.prefix(limit).map { TerminalText.padded(title, to: 10) + "  " + $0.terminalEscaped }
      + more(names.count, limit)
  }

  private static func more(_ count: Int, _ limit: Int) -> [String] {
    count > limit ? ["            and \(NumberText.grouped(count - limit)) more; --top shows more"] : []
  }
}
