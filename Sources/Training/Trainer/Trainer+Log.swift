import Checkpoint
import Datasets
import Foundation

/// The lines of `log.jsonl`. Each has `event`, `time` and `step`.
extension Trainer {
  /// A line about this moment.
  func entry(_ event: String, _ members: KeyValuePairs<String, JSONValue?> = [:]) -> JSONValue {
    var entry: JSONValue = [
      "event": .string(event), "time": .string(Date.now.ISO8601Format()), "step": .integer(state.step),
      "epoch": .integer(state.epochsDone),
    ]
    for (key, value) in members { entry[key] = value }
    return entry
  }

  /// The training begins or goes on.
  func startEntry() throws -> JSONValue {
    entry(
      state.step == 0 ? "start" : "resume",
      ["settings": try JSONValue(encoding: settings), "images": .integer(preparation.loader.dataset.count)])
  }

  /// Some steps are done.
  func stepEntry(_ progress: TrainingProgress, loss: Double) -> JSONValue {
    entry(
      "step",
      [
        "epoch": .integer(progress.epoch), "batch_loss": .number(loss), "loss": .number(progress.metrics.loss),
        "top1": .number(progress.metrics.top1), "lr": .number(progress.learningRate),
        "grad_norm": progress.gradientNorm.map(JSONValue.number),
        "images_per_second": .number(progress.imagesPerSecond),
      ])
  }

  /// An epoch is done.
  func epochEntry(learningRate: Double, isBest: Bool) -> JSONValue {
    entry(
      "epoch",
      [
        "loss": (state.training?.loss).map(JSONValue.number), "top1": (state.training?.top1).map(JSONValue.number),
        "val_loss": (state.validation?.loss).map(JSONValue.number),
        "val_top1": (state.validation?.top1).map(JSONValue.number),
        "val_top5": (state.validation?.top5).map(JSONValue.number), "lr": .number(learningRate), "best": .bool(isBest),
        "seconds": .number(pace.epochSeconds),
      ])
  }
}
