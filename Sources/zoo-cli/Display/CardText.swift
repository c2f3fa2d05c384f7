import Checkpoint
import Datasets
import Engine
import Training

/// A model card as Markdown: what anybody needs to know before using a checkpoint, and to train it again.
enum CardText {
  /// The picture beside the card.
  static let curveName = "curve.svg"

  /// - Parameters:
  ///   - data: What the model was measured on.
  ///   - isAverage: Whether it is the average of weights that training kept.
  ///   - hasConfiguration: Whether the file with all settings stands beside the card.
  ///   - storeArgument: What commands need beside the card's name to find the model, ` --store DIR`.
  static func lines(
    _ card: ModelCard, on data: MeasuredData, isAverage: Bool, hasConfiguration: Bool, storeArgument: String
  ) -> [String] {
    let metrics = card.report.metrics
    let interval = card.report.top1Interval
    let flag = (card.weights == .average ? " --ema" : "") + storeArgument
    let part =
      switch data.part {
      case .testing: " that are for testing"
      case .putAside: " that were put aside from those for training"
      case .unknown: ""
      }
    // The data by itself does not say what was put aside; the settings of the run do.
    let dataArgument = data.part == .putAside ? "" : " --data \(ShellText.quoted(card.data))"
    var lines = ["# \(escaped(card.name))", ""]
    lines += [
      "**Top-1 \(NumberText.percent(metrics.top1))** on the \(NumberText.grouped(metrics.count)) images of "
        + "\(code(card.data))\(part): \(NumberText.grouped(metrics.correct)) right (95 % interval "
        + "\(NumberText.fixed(interval.low * 100, 1))-\(NumberText.fixed(interval.high * 100, 1))%), loss "
        + "\(NumberText.fixed(metrics.loss, 4)).", "",
      "```sh", "zoo evaluate \(ShellText.quoted(card.name))\(flag)\(dataArgument)",
      "zoo predict \(ShellText.quoted(card.name))\(flag) image.png", "```", "",
    ]
    lines += table(
      ("What", ""),
      [
        ("architecture", "\(code(card.settings.model)), \(NumberText.grouped(card.parameterCount)) parameters"),
        ("images", "\(card.input.map(String.init).joined(separator: "x")), \(preparation(card.preprocessing))"),
        (
          "classes",
          "\(card.report.classNames.count): "
            + card.report.classNames.prefix(20).map(escaped).joined(separator: ", ")
            + (card.report.classNames.count > 20 ? ", …" : "")
        ),
        ("file", "\(NumberText.bytes(card.byteCount)), SHA-256 \(code(card.sha256))"),
      ])
    lines += ["", "## Recipe", ""] + recipe(card.settings)
    if hasConfiguration {
      let name = Configuration.fileName
      lines += ["", "All settings are in [\(name)](\(name)); this repeats the training:", ""]
      lines += ["```sh", "zoo train --config \(name) --run again", "```"]
    }
    return lines + curve(card, isAverage: isAverage) + classes(card)
  }

  // MARK: - Parts

  private static func recipe(_ settings: TrainingSettings) -> [String] {
    var rows = [
      ("data", code(settings.data) + (settings.validation.map { ", validated on \(code($0))" } ?? "")),
      ("epochs", "\(settings.epochs), \(PlanText.batch(settings))"),
      (
        "optimizer",
        "\(PlanText.optimizer(settings.optimizer)), weight decay \(NumberText.rate(settings.optimizer.weightDecay))"
      ),
      ("schedule", settings.schedule.shape.text),
      ("augmentation", settings.augmentation?.rawValue ?? "that of the data"),
      ("label smoothing", NumberText.rate(settings.labelSmoothing)),
      ("precision", settings.precision.rawValue), ("seed", "\(settings.seed)"),
      ("threads", "\(settings.threads)"),
    ]
    if let decay = settings.average.decay { rows.append(("average of weights", "decay \(decay)")) }
    return table(("Recipe", ""), rows)
  }

  /// At most so many epochs are in the table.
  private static let mostEpochs = 40

  private static func curve(_ card: ModelCard, isAverage: Bool) -> [String] {
    let epochs = card.history.epochs
    guard !epochs.isEmpty else { return [] }
    let step = (epochs.count + mostEpochs - 1) / mostEpochs
    let shown = epochs.enumerated().filter { ($0.offset + 1) % step == 0 || $0.offset == epochs.count - 1 }
    func value(_ epoch: RunHistory.Epoch, _ key: String, _ text: (Double) -> String) -> String {
      epoch.values[key].map(text) ?? ""
    }
    return [
      "", "## Curve", "", "![Accuracy of training and validation](\(curveName))", "",
      "| Epoch | Loss | Top-1 | Validation loss | Validation top-1 | Learning rate |",
      "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
      + shown.map { _, epoch in
        "| \(epoch.epoch) | " + value(epoch, "loss", NumberText.loss) + " | "
          + value(epoch, "top1") { NumberText.percent($0) } + " | " + value(epoch, "val_loss", NumberText.loss) + " | "
          + value(epoch, "val_top1") { NumberText.percent($0) } + " | " + value(epoch, "lr", NumberText.rate) + " |"
      }
      + (card.settings.average.decay == nil
        ? []
        : [
          "",
          "Validation was by the average of weights" + (isAverage ? "." : ", this card is of the weights themselves."),
        ])
  }

  /// So many classes have a line each.
  private static let mostClasses = 50

  private static func classes(_ card: ModelCard) -> [String] {
    let report = card.report
    guard report.classNames.count <= mostClasses else { return [] }
    return ["", "## Classes", "", "| Class | Images | Recognised |", "| --- | ---: | ---: |"]
      + zip(report.classNames, report.metrics.perClass).map { name, counts in
        "| \(escaped(name)) | \(NumberText.grouped(counts.count)) | "
          + (counts.accuracy.map { NumberText.percent($0) } ?? "") + " |"
      }
  }

  private static func preparation(_ preprocessing: Preprocessing) -> String { code(preprocessing.json) }

  // MARK: - Markdown

  private static func table(_ head: (String, String), _ rows: [(String, String)]) -> [String] {
    ["| \(head.0) | \(head.1) |", "| --- | --- |"] + rows.map { "| \($0.0) | \($0.1) |" }
  }

  /// A text that is nothing but text in Markdown.
  private static func escaped(_ text: String) -> String {
    text.terminalEscaped.map { "\\`*_{}[]<>()#+!|".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }

  /// A text in the letters of a typewriter.
  private static func code(_ text: String) -> String {
    "`" + text.terminalEscaped.map { $0 == "`" ? "'" : $0 == "|" ? "\\|" : "\($0)" }.joined() + "`"
  }
}
