import Checkpoint
import Tensors
import Training
import Zoo

/// What `zoo bench --mode save` prints.
extension BenchCommand {
  /// The report for people.
  func lines(_ report: CheckpointSpeedTest.Report, _ built: ModelOptions.Built) -> [String] {
    func line(_ name: String, _ seconds: [Double], _ note: String) -> String {
      let milliseconds = NumberText.fixed(SpeedTest.median(seconds) * 1000, 1)
      return TerminalText.padded(name, to: 7) + TerminalText.padded(milliseconds, to: 9, alignRight: true) + " ms  "
        + note
    }
    func speed(_ seconds: [Double]) -> String {
      NumberText.bytes(Int(Double(report.byteCount) / max(SpeedTest.median(seconds), 1e-9))) + "/s"
    }
    return [
      "\(built.entry.name) with momentum, \(NumberText.bytes(report.byteCount)), medians of "
        + NumberText.count(report.saveSeconds.count, "round"),
      line("write", report.writeSeconds, "\(speed(report.writeSeconds)), one plain sequential write with fsync"),
      line(
        "save", report.saveSeconds,
        "\(speed(report.saveSeconds)), \(NumberText.fixed(report.ratio, 2))x the plain write"),
      line("open", report.openSeconds, "and list; nothing of the tensors is read"),
      line(
        "read", report.readSeconds, "\(speed(report.readSeconds)), with what the format checks, from the system's cache"
      ),
    ]
  }

  /// The report for programs.
  func jsonValue(_ report: CheckpointSpeedTest.Report, _ built: ModelOptions.Built) -> JSONValue {
    func milliseconds(_ seconds: [Double]) -> JSONValue {
      [
        "min": .number((seconds.min() ?? 0) * 1000), "median": .number(SpeedTest.median(seconds) * 1000),
        "max": .number((seconds.max() ?? 0) * 1000),
      ]
    }
    return [
      "model": .string(built.entry.name), "mode": .string(Mode.save.rawValue),
      "format": .string((format ?? .native).rawValue), "compress": compress.map { .integer($0) } ?? .null,
      "bytes": .integer(report.byteCount),
      "rounds": .integer(report.saveSeconds.count), "write_ms": milliseconds(report.writeSeconds),
      "save_ms": milliseconds(report.saveSeconds), "open_ms": milliseconds(report.openSeconds),
      "read_ms": milliseconds(report.readSeconds), "save_speed_ratio": .number(report.ratio),
    ]
  }
}

extension CheckpointSpeedTest.Report {
  /// How many times as fast as the plain write saving is: the median over the rounds.
  var ratio: Double { SpeedTest.median(zip(writeSeconds, saveSeconds).map { $0 / $1 }) }
}
