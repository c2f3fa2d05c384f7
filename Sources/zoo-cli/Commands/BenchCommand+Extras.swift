import Checkpoint
import Tensors
import Training
import Zoo

/// What `zoo bench --mode extras` prints.
extension BenchCommand {
  func lines(_ report: SpeedTest.ExtrasReport, _ built: ModelOptions.Built) -> [String] {
    let plain = SpeedTest.median(report.plainMilliseconds)
    let extra = SpeedTest.median(report.extraMilliseconds)
    return [
      "\(built.entry.name), \(report.accumulate) batches of \(batchSize)",
      "plain    \(NumberText.fixed(plain, 1)) ms for \(report.accumulate) steps",
      "extras   \(NumberText.fixed(extra, 1)) ms for one step of \(report.accumulate) batches, average and log",
      "cost     \(NumberText.fixed(report.overhead * 100, 2)) % (medians of \(report.plainMilliseconds.count) rounds in turns)",
    ]
  }

  func jsonValue(_ report: SpeedTest.ExtrasReport, _ built: ModelOptions.Built) -> JSONValue {
    [
      "model": .string(built.entry.name), "mode": .string(mode.rawValue), "batch_size": .integer(batchSize),
      "accumulate": .integer(report.accumulate), "rounds": .integer(report.plainMilliseconds.count),
      "plain_ms": .number(SpeedTest.median(report.plainMilliseconds)),
      "extras_ms": .number(SpeedTest.median(report.extraMilliseconds)), "overhead": .number(report.overhead),
    ]
  }
}
