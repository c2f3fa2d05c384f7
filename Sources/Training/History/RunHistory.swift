public import Checkpoint

/// What a run's log says: the numbers of its steps and epochs, from which plots and tables are made.
public struct RunHistory: Sendable {
  /// A step that was logged.
  public struct Step: Sendable, Hashable {
    /// Steps done.
    public let step: Int
    /// Epochs done, with the part of the one that went on.
    public let epoch: Double
    /// Seconds since 1970.
    public let time: Double
    /// The loss of this step's batch.
    public let batchLoss: Double
    /// The mean loss of the epoch so far.
    public let loss: Double
    /// Of the epoch so far, in 0...1.
    public let top1: Double
    /// The learning rate.
    public let rate: Double
    /// Images per second.
    public let speed: Double
  }

  /// An epoch that ended.
  public struct Epoch: Sendable, Hashable {
    /// From 1.
    public let epoch: Int
    /// Steps done at its end.
    public let step: Int
    /// Seconds since 1970.
    public let time: Double
    /// What is measured, by the names of the log: `loss`, `top1`, `val_loss`, `val_top1`, `val_top5`, `lr`, `seconds` and
    /// whatever else is a number.
    public let values: [String: Double]
    /// Whether it was the best so far.
    public let isBest: Bool
    /// The validation's confusion matrix, where the log has it: rows of labels, columns of predictions.
    public let confusion: [[Int]]?
  }

  /// The name of the run.
  public let name: String
  /// The architecture, when the log says it.
  public let model: String?
  /// In ascending order.
  public let steps: [Step]
  /// In ascending order.
  public let epochs: [Epoch]
  /// The names of the classes, when the log says them.
  public let classNames: [String]

  /// Reads the log of a run. Lines that are not understood are left out.
  /// - Throws: When the log cannot be read.
  public init(_ run: Run) throws { self.init(name: run.name, try RunLog.entries(at: run.logPath)) }

  /// What entries of a log say.
  init(name: String, _ entries: [JSONValue]) {
    self.name = name
    var (steps, epochs) = ([Step](), [Epoch]())
    var (model, classNames) = (String?.none, [String]())
    // Epochs can change their length when the data does: a step counts from the end of the epoch before it.
    var stepsPerEpoch: Double?
    var end: (step: Int, epoch: Int)?
    for entry in entries {
      switch entry["event"]?.string {
      case "start", "resume":
        model = entry["settings"]?["model"]?.string ?? model
        stepsPerEpoch = entry["steps_per_epoch"]?.double ?? stepsPerEpoch
        if let names = entry["class_names"]?.array?.compactMap(\.string) { classNames = names }
        if end == nil, let step = entry["step"]?.integer, let epoch = entry["epoch"]?.integer { end = (step, epoch) }
      case "step":
        if let step = Step(entry, after: end ?? (0, 0), stepsPerEpoch: stepsPerEpoch) { steps.append(step) }
      case "epoch":
        if let epoch = Epoch(entry) {
          epochs.append(epoch)
          end = (epoch.step, epoch.epoch)
        }
      default: break
      }
    }
    (self.model, self.classNames) = (model, classNames)
    // Logs of before there was a rule about what is superseded can hold a step twice: the later one counts.
    self.steps = Self.ascending(steps, by: \.step)
    self.epochs = Self.ascending(epochs, by: \.epoch)
  }

  private static func ascending<Item>(_ items: [Item], by number: (Item) -> Int) -> [Item] {
    var kept: [Item] = []
    for item in items {
      while let last = kept.last, number(last) >= number(item) { kept.removeLast() }
      kept.append(item)
    }
    return kept
  }

  /// A value of every epoch that has it.
  func points(_ name: String) -> [Chart.Point] {
    epochs.compactMap { epoch in epoch.values[name].map { Chart.Point(Double(epoch.epoch), $0) } }
  }
}

extension RunHistory.Step {
  /// - Parameters:
  ///   - end: The steps and epochs that were done when the last epoch ended.
  ///   - stepsPerEpoch: Steps of the epoch that goes on; `nil` when the log does not say it.
  fileprivate init?(_ entry: JSONValue, after end: (step: Int, epoch: Int), stepsPerEpoch: Double?) {
    guard let step = entry["step"]?.integer, let epoch = entry["epoch"]?.double, let loss = entry["loss"]?.double else {
      return nil
    }
    self.step = step
    self.epoch = stepsPerEpoch.map { Double(end.epoch) + (Double(step) - Double(end.step)) / max($0, 1) } ?? epoch
    self.loss = loss
    time = RunHistory.seconds(entry["time"])
    batchLoss = entry["batch_loss"]?.double ?? loss
    top1 = entry["top1"]?.double ?? .nan
    rate = entry["lr"]?.double ?? .nan
    speed = entry["images_per_second"]?.double ?? .nan
  }
}

extension RunHistory.Epoch {
  fileprivate init?(_ entry: JSONValue) {
    guard let epoch = entry["epoch"]?.integer, let step = entry["step"]?.integer else { return nil }
    self.epoch = epoch
    self.step = step
    time = RunHistory.seconds(entry["time"])
    isBest = entry["best"]?.bool ?? false
    var values: [String: Double] = [:]
    for key in entry.keys where !["epoch", "step"].contains(key) && Self.isName(key) {
      if let value = entry[key]?.double { values[key] = value }
    }
    self.values = values
    let rows = entry["confusion"]?.array?.map { $0.array?.compactMap(\.integer) ?? [] }
    confusion = rows.flatMap { rows in
      let isMatrix = rows.allSatisfy { $0.count == rows.count && $0.allSatisfy((0...Self.mostImages).contains) }
      return isMatrix && !rows.isEmpty ? rows : nil
    }
  }

  /// So many images that a row of them can be added up.
  private static let mostImages = 1 << 40

  /// Whether a key can be the name of a column or a tag: the log may be anybody's.
  private static func isName(_ key: String) -> Bool {
    key.utf8.count <= 64
      && key.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
          || "_-./".unicodeScalars.contains($0)
      }
  }
}
