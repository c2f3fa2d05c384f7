public import Checkpoint
import Datasets

extension Run {
  /// Writes what a model that comes with the program has of another run: its weights without the optimizer, as `best`, the
  /// settings, the names of the classes, and what the log says of epochs.
  /// - Parameters:
  ///   - choice: The checkpoint of the other run.
  ///   - weights: Which of its weights.
  public func take(_ choice: CheckpointChoice, of other: Run, weights: TrainedModel.Weights = .net) throws {
    let stored = try weights.open(choice.path)
    var snapshot = Snapshot(net: try stored.loaded().net)
    let metadata = stored.metadata
    snapshot.architecture = metadata.architecture
    snapshot.arguments = metadata.arguments
    snapshot.moduleVersions = metadata.moduleVersions
    snapshot.classNames = metadata.classNames
    snapshot.preprocessing = metadata.preprocessing
    snapshot.seed = metadata.seed
    snapshot.position = metadata.position
    snapshot.metrics = Self.measured(metadata.metrics)
    try save(snapshot, as: .best)
    try write(settings: other.settings())
    if !metadata.classNames.isEmpty {
      try write(classIndices: ClassIndices(names: metadata.classNames).text)
    }
    let entries = try RunLog.entries(at: other.logPath).filter { $0["event"]?.string != "step" }
    try PublishedFile.write(entries.map { $0.text() + "\n" }.joined(), to: logPath)
  }

  /// What was measured, without what only a training goes on from.
  private static func measured(_ metrics: JSONValue) -> JSONValue {
    var measured: JSONValue = [:]
    for key in metrics.keys where ["train_loss", "train_top1", "val_loss", "val_top1", "val_top5"].contains(key) {
      measured[key] = metrics[key]
    }
    return measured
  }
}
