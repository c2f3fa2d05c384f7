import Checkpoint
import Tensors

/// What `zoo convert` says before it writes.
enum ConversionText {
  /// The plan.
  /// - Parameter isFull: Whether every tensor is listed, and not only those that change.
  static func lines(_ conversion: Conversion, from source: CheckpointFile, to target: String, isFull: Bool) -> [String]
  {
    let changed = conversion.moves.filter { $0.name != $0.newName || $0.dtype != $0.newDType }
    var lines = [
      "from      \(source.path.terminalEscaped): \(source.contents.format.title), "
        + NumberText.bytes(source.contents.byteCount),
      "to        \(target.terminalEscaped): \(conversion.format.title)",
      "tensors   \(NumberText.grouped(conversion.moves.count)) of the net, "
        + (changed.isEmpty ? "names and types as they are" : "\(NumberText.grouped(changed.count)) changed"),
    ]
    let shown = isFull ? conversion.moves : changed
    lines += table(shown, limit: isFull ? .max : 20)
    lines += list("left out", conversion.dropped.map(\.terminalEscaped), limit: isFull ? .max : 10)
    lines += list("lost", conversion.losses.map { "\($0.what): \($0.why)" }, limit: .max)
    return lines
  }

  private static func table(_ moves: [ConversionRules.Move], limit: Int) -> [String] {
    guard !moves.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "Name", flexibility: 2), Table.Column(title: "becomes", flexibility: 1),
      Table.Column(title: "Shape"), Table.Column(title: "Type"),
    ])
    for move in moves.prefix(limit) {
      let type =
        move.dtype == move.newDType ? move.dtype.rawValue : "\(move.dtype.rawValue) > \(move.newDType.rawValue)"
      table.add([
        move.name.terminalEscaped, move.name == move.newName ? "" : move.newName.terminalEscaped,
        move.shape.compactDescription, type,
      ])
    }
    let rest = moves.count - limit
    return [""] + table.lines(width: Terminal.output.width)
      + (rest > 0 ? ["and \(NumberText.grouped(rest)) more; --dry-run lists all"] : []) + [""]
  }

  private static func list(_ title: String, _ items: [String], limit: Int) -> [String] {
    let rest = items.count - limit
    return items.prefix(limit).map { TerminalText.padded(title, to: 8) + "  " + $0 }
      + (rest > 0 ? ["          and \(NumberText.grouped(rest)) more"] : [])
  }
}
