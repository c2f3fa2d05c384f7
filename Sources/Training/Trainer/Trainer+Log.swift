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
      [
        "settings": try JSONValue(encoding: settings), "images": .integer(preparation.loader.dataset.count),
        "steps_per_epoch": .integer(preparation.stepsPerEpoch),
        "class_names": preparation.classNames.count <= Self.mostClassesInLog
          ? .array(preparation.classNames.map(JSONValue.string)) : nil,
      ])
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

  /// Class names and confusion matrices of more classes would fill the log.
  private static let mostClassesInLog = 50

  /// An epoch is done.
  /// - Parameter confusion: Of the validation, which the log has for the best epochs.
  func epochEntry(learningRate: Double, isBest: Bool, confusion: ConfusionMatrix?) -> JSONValue {
    let known = confusion.flatMap { isBest && $0.classCount <= Self.mostClassesInLog ? $0 : nil }
    return epochEntry(
      learningRate: learningRate, isBest: isBest,
      confusion: known.map { .array($0.rows.map { .array($0.map(JSONValue.integer)) }) })
  }

  private func epochEntry(learningRate: Double, isBest: Bool, confusion: JSONValue?) -> JSONValue {
    entry(
      "epoch",
      [
        "loss": (state.training?.loss).map(JSONValue.number), "top1": (state.training?.top1).map(JSONValue.number),
        "val_loss": (state.validation?.loss).map(JSONValue.number),
        "val_top1": (state.validation?.top1).map(JSONValue.number),
        "val_top5": (state.validation?.top5).map(JSONValue.number), "lr": .number(learningRate), "best": .bool(isBest),
        "seconds": .number(pace.epochSeconds), "confusion": confusion,
      ])
  }
}
