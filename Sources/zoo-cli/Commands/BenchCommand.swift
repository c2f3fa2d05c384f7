import ArgumentParser
import Checkpoint
import Engine
import Tensors
import Training
import Zoo

/// `zoo bench`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure how fast a model trains or infers, or its checkpoints are saved.",
    usage: "zoo bench <model> --mode train|infer|save|extras [<options>]",
    discussion: """
      Images are random numbers in memory, so that nothing but the engine is measured. Memory is the most that the process \
      had at any time.

      'save' writes the model with its momentum as training does, with digests, verified and on the disk, in turns with one \
      plain sequential write of as many bytes, and then opens and reads it.

      'extras' times steps of several batches with an average of weights and a log, in turns with plain steps on as many \
      images.

      Examples:
        zoo bench alexnet --mode train --batch-size 32
        zoo bench resnet50 --mode infer --batch-size 1 --threads 1 --json
        zoo bench alexnet --mode save --steps 5 --format pytorch
      """)

  @OptionGroup var options: ModelOptions

  /// What can be measured.
  enum Mode: String, CaseIterable, ExpressibleByArgument {
    case train, infer, save, extras
  }

  @Option(help: ArgumentHelp("What to measure: train, infer, save or extras.", valueName: "mode"))
  var mode: Mode

  @Option(parsing: .unconditional, help: ArgumentHelp("Images of a step.", valueName: "n"))
  var batchSize = 32

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps to measure, after some to warm up.", valueName: "n"))
  var steps = 20

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute. (default: every core)", valueName: "n"))
  var threads: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Batches of a step of 'extras'. (default: 4)", valueName: "n"))
  var accumulate: Int?

  @Option(
    help: ArgumentHelp(
      "The format that 'save' writes, as for 'zoo convert --to'. (default: native)", valueName: "format"))
  var format: CheckpointFormat?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How hard 'save' compresses, from 1 to 9. (default: not at all)", valueName: "level"))
  var compress: Int?

  @Option(help: ArgumentHelp("The folder that 'save' writes to, and leaves as it was. (default: .)", valueName: "path"))
  var folder: String?

  @Option(help: ArgumentHelp("Where to compute: auto, cpu or cuda[:N].", valueName: "name"))
  var device = "auto"

  @Option(help: ArgumentHelp("What is multiplied: fp32, bf16 or bf16-emulated.", valueName: "name"))
  var precision = ExecutionOptions.Precision.float32

  @Flag(help: "Compute 3x3 convolutions without Winograd's algorithm.")
  var noWinograd = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("the batch size is \(batchSize); it must be in 1...65536")
    }
    guard (1...1_000_000).contains(steps) else {
      throw ValidationError("the number of steps is \(steps); it must be in 1...1000000")
    }
    guard accumulate.map({ (1...65_536).contains($0) }) ?? true else {
      throw ValidationError("a step is to have \(accumulate ?? 0) batches; it must be in 1...65536")
    }
    guard compress.map({ (1...9).contains($0) }) ?? true else {
      throw ValidationError("the level of compression is \(compress ?? 0); it must be in 1...9")
    }
    try checkMode()
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("the number of threads is \(threads ?? 0); it must be in 1...1024")
    }
  }

  /// Refuses what the mode would leave unheard.
  private func checkMode() throws {
    let given: [(name: String, mode: Mode, isGiven: Bool)] = [
      ("--accumulate", .extras, accumulate != nil), ("--format", .save, format != nil),
      ("--compress", .save, compress != nil), ("--folder", .save, folder != nil),
    ]
    for option in given where option.isGiven && option.mode != mode {
      throw ValidationError(
        "'\(option.name)' is for '--mode \(option.mode.rawValue)', not '\(mode.rawValue)'; leave it out")
    }
  }

  func run() throws {
    let device = try Device(parsing: device)
    let built = try options.build()
    // OpenMP may give fewer.
    let threads = ExecutionOptions(threads: threads ?? ExecutionOptions.availableThreads).threads
    let test = try SpeedTest(
      built.entry, arguments: built.arguments, inputSize: built.input[1], batchSize: batchSize, device: device,
      options: ExecutionOptions(threads: threads, precision: precision, allowsWinograd: !noWinograd))
    if mode == .extras {
      let report = try test.runExtras(accumulate: accumulate ?? 4, rounds: steps)
      return Output.lines(json ? [jsonValue(report, built).text(indented: true)] : lines(report, built))
    }
    guard let speed = SpeedTest.Mode(rawValue: mode.rawValue) else {
      let report = try CheckpointSpeedTest(
        test.snapshot(), as: format ?? .native, options: WritingOptions(compression: compress), in: folder ?? "."
      ).run(rounds: steps)
      return Output.lines(json ? [jsonValue(report, built).text(indented: true)] : lines(report, built))
    }
    let report = try test.run(speed, steps: steps)
    Output.lines(json ? [jsonValue(report, threads, built).text(indented: true)] : lines(report, threads, built))
  }

  private func lines(_ report: SpeedTest.Report, _ threads: Int, _ built: ModelOptions.Built) -> [String] {
    let steps = report.stepMilliseconds
    func milliseconds(_ value: Double) -> String { NumberText.fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) }
    var table = Table([
      Table.Column(title: "Layer", flexibility: 2), Table.Column(title: "Pass"),
      Table.Column(title: "Computed by", flexibility: 1),
    ])
    for item in report.implementations { table.add([item.module, item.pass, item.name]) }
    return table.lines(width: Terminal.output.width) + [
      "",
      "\(built.entry.name) \(mode.rawValue), batch \(batchSize) of \(built.input.compactDescription), \(NumberText.count(threads, "thread")), "
        + precision.rawValue,
      "speed    \(NumberText.speed(report.imagesPerSecond)) images a second, by the median step",
      "step     \(milliseconds(report.medianStep)) ms (\(milliseconds(steps.min() ?? 0)) to "
        + "\(milliseconds(steps.max() ?? 0)) in \(NumberText.count(steps.count, "step")))",
      "compile  \(milliseconds(report.compileMilliseconds)) ms",
      "memory   \(report.peakMemoryByteCount.map(NumberText.bytes) ?? "unknown") at most",
    ]
  }

  private func jsonValue(_ report: SpeedTest.Report, _ threads: Int, _ built: ModelOptions.Built) -> JSONValue {
    let steps = report.stepMilliseconds
    return [
      "model": .string(built.entry.name), "mode": .string(mode.rawValue), "batch_size": .integer(batchSize),
      "input": .array(built.input.dimensions.map { .integer($0) }), "threads": .integer(threads),
      "precision": .string(precision.rawValue), "steps": .integer(steps.count),
      "images_per_second": .number(report.imagesPerSecond),
      "step_ms": [
        "min": .number(steps.min() ?? 0), "median": .number(report.medianStep), "max": .number(steps.max() ?? 0),
      ],
      "compile_ms": .number(report.compileMilliseconds),
      "peak_memory_bytes": report.peakMemoryByteCount.map { .integer($0) } ?? .null,
      "implementations": .array(
        report.implementations.map { item -> JSONValue in
          ["module": .string(item.module), "pass": .string(item.pass), "name": .string(item.name)]
        }),
    ]
  }
}
