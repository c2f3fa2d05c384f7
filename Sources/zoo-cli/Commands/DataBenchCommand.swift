import ArgumentParser
import Checkpoint
import Datasets
import Engine
import Training

/// `zoo data bench`
struct DataBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast images are read and prepared.",
    usage: "zoo data bench <path> [--workers <n>] [--train <model>] [<options>]",
    discussion: """
      Images are read, decoded, varied and put into batches as for a training. With --train each batch is trained on as well, \
      in turns with steps on one batch that stays in memory: what reading costs a training.

      Examples:
        zoo data bench flowers --augment crop --workers 2
        zoo data bench flowers --augment crop --train alexnet --batches 20 --json
      """)

  @Argument(help: ArgumentHelp("What '--data' of 'train' takes.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("A model to train on the batches.", valueName: "model"))
  var train: String?

  @Option(help: ArgumentHelp("How training images vary: none, flip, crop or pad.", valueName: "how"))
  var augment: TrainingSettings.Augmentation?

  @OptionGroup var reading: DataReadingOptions
  @OptionGroup var decoding: DecodingFlags

  @Option(parsing: .unconditional, help: ArgumentHelp("Images of a batch.", valueName: "n"))
  var batchSize = 32

  @Option(parsing: .unconditional, help: ArgumentHelp("Batches to measure, after some to warm up.", valueName: "n"))
  var batches = 20

  @Option(parsing: .unconditional, help: ArgumentHelp("Height and width of the prepared images.", valueName: "n"))
  var inputSize = 224

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...100_000).contains(batches) else {
      throw ValidationError("'--batches \(batches)' cannot be measured; it must be in 1...100000")
    }
  }

  func run() throws {
    var settings = TrainingSettings(
      model: train ?? "data", data: path, validationShare: 0, batchSize: batchSize, augmentation: augment,
      workers: machine.readers, threads: machine.computeThreads, device: machine.device)
    settings.reading = try reading.settings()
    decoding.apply(to: &settings.reading)
    let test = try LoadingSpeedTest(settings, inputSize: inputSize, trains: train != nil)
    let report = try test.run(batches: batches)
    let times = report.batchMilliseconds
    // The mean: batches come in spurts when several threads make them together.
    let mean = times.reduce(0, +) / Double(max(times.count, 1))
    let speed = Double(batchSize) / mean * 1000
    let slowdown = report.memoryMilliseconds.map { mean / ($0.reduce(0, +) / Double(max($0.count, 1))) }
    if json {
      let value: JSONValue = [
        "images_per_second": .number(speed), "batch_size": .integer(batchSize), "workers": .integer(settings.workers),
        "batch_ms": ["mean": .number(mean), "median": .number(report.medianBatch)],
        "memory_step_ms": report.memoryMilliseconds.map { .number(SpeedTest.median($0)) } ?? .null,
        "slowdown": slowdown.map(JSONValue.number) ?? .null,
      ]
      Output.line(value.text(indented: true))
      return
    }
    var lines = [
      "speed    \(NumberText.speed(speed)) images a second, \(settings.workers) workers",
      "batch    \(NumberText.fixed(mean, 1)) ms for \(batchSize) images",
    ]
    if let slowdown {
      lines.append("training \(NumberText.fixed((slowdown - 1) * 100, 1)) % slower than from memory")
    }
    Output.lines(lines)
  }
}
