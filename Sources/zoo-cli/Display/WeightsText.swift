import Checkpoint

/// Registered weights as text.
enum WeightsText {
  /// A line for each.
  static func table(_ weights: [RegisteredWeights]) -> Table {
    var table = Table([
      Table.Column(title: "Name", flexibility: 3), Table.Column(title: "Model", flexibility: 2),
      Table.Column(title: "Classes", alignRight: true), Table.Column(title: "Size", alignRight: true),
      Table.Column(title: "File", flexibility: 1), Table.Column(title: "SHA-256"),
    ])
    for weights in weights {
      table.add([
        weights.name.terminalEscaped, (weights.model ?? "").terminalEscaped,
        weights.classes.map { NumberText.grouped($0) } ?? "", NumberText.bytes(weights.byteCount),
        weights.fileName.terminalEscaped, String(weights.sha256.prefix(8)),
      ])
    }
    return table
  }

  /// Everything that is known, with the place of the file.
  static func json(_ weights: RegisteredWeights, in store: WeightStore) -> JSONValue {
    [
      "name": .string(weights.name), "model": weights.model.map(JSONValue.string) ?? .null,
      "classes": weights.classes.map(JSONValue.integer) ?? .null, "file": .string(weights.fileName),
      "path": .string(store.filePath(weights)), "bytes": .integer(weights.byteCount),
      "sha256": .string(weights.sha256), "added": .string(weights.added),
    ]
  }
}
