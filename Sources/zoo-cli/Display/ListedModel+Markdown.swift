import Zoo

extension ListedModel {
  /// The models as a table of Markdown, for documentation.
  static func markdown(_ models: [ListedModel]) -> [String] {
    let columns = ["Model", "Parameters", "MACs", "Input", "Top-1", "Top-5", "Figures of", "Published in"]
    // Numbers stand at the right.
    let rules = columns.enumerated().map { (1...5).contains($0.offset) ? "---:" : "---" }
    return [row(columns), row(rules)]
      + models.map { model in
        let entry = model.entry
        return row([
          "`\(entry.name)`", NumberText.grouped(model.parameters), NumberText.grouped(model.work), model.inputText,
          model.weights?.top1.map { NumberText.fixed($0, 3) } ?? "",
          model.weights?.top5.map { NumberText.fixed($0, 3) } ?? "", model.weights?.torchvisionName ?? "", entry.source,
        ])
      }
  }

  private static func row(_ cells: [String]) -> String {
    "| "
      + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
      .joined(separator: " | ") + " |"
  }
}
