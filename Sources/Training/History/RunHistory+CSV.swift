extension RunHistory {
  /// The epochs as comma-separated values (RFC 4180), one line each below the names of the columns. Numbers read back to
  /// the same bits; what was not measured is empty.
  public var epochsCSV: String {
    let known = ["loss", "top1", "val_loss", "val_top1", "val_top5", "lr", "seconds"]
    let others = Set(epochs.flatMap(\.values.keys)).subtracting(known).sorted()
    let columns = known + others
    let titles = columns.map { ["loss": "train_loss", "top1": "train_top1"][$0] ?? $0 }
    let rows = epochs.map { epoch in
      ["\(epoch.epoch)", "\(epoch.step)"] + columns.map { Self.text(epoch.values[$0]) } + [epoch.isBest ? "1" : "0"]
    }
    return SeparatedText.text([["epoch", "step"] + titles + ["best"]] + rows)
  }

  /// The logged steps in the same form.
  public var stepsCSV: String {
    let rows = steps.map { step in
      ["\(step.step)"] + [step.epoch, step.batchLoss, step.loss, step.top1, step.rate, step.speed].map(Self.text)
    }
    return SeparatedText.text([["step", "epoch", "batch_loss", "loss", "top1", "lr", "images_per_second"]] + rows)
  }

  private static func text(_ value: Double?) -> String { value.map { $0.isNaN ? "" : "\($0)" } ?? "" }
}

/// Comma-separated values (RFC 4180).
public enum SeparatedText {
  /// A field: in quotation marks when it needs them.
  public static func field(_ text: String) -> String {
    let needsQuotes = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    return needsQuotes
      ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
  }

  /// Rows of fields.
  public static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }
}
