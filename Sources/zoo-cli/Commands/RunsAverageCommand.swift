import ArgumentParser
import Checkpoint
import Training

/// `zoo runs average`
struct RunsAverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "average", abstract: "Average the weights of checkpoints.",
    usage: "zoo runs average <run@which> <run@which> ... [<options>]",
    discussion: """
      The mean of the weights often does better on new images than each of them. Batch normalisation is measured anew on \
      the training images with the averaged weights, in one pass. The result is a net from which no training goes on: \
      RUN@average when all are of one run, or the file that --output names.

      Examples:
        zoo runs average flowers@8 flowers@9 flowers@10
        zoo runs average a@best b@best --output mean.h5 --limit-batches 100
      """)

  @Argument(help: ArgumentHelp("At least two checkpoints, as RUN@12 or files.", valueName: "run@which"))
  var references: [String]

  @Flag(help: "Average the averages of weights that training kept with --ema, not the weights themselves.")
  var ema = false

  @Option(help: ArgumentHelp("The file to write. (default: RUN@average)", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Where the training images are now, if they were moved.", valueName: "path"))
  var data: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Measure batch normalisation on N batches. (default: on all images)", valueName: "n"))
  var limitBatches: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that compute.", valueName: "n"))
  var threads: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads that read images, or auto.", valueName: "n"))
  var workers: WorkerCount?

  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard references.count >= 2 else { throw ValidationError("an average is made of at least two checkpoints") }
    if let output, CheckpointFormat(fileName: output) != .native {
      throw ValidationError(
        "'\(output.terminalEscaped)' is no name of a checkpoint of zoo: end it with .h5; 'zoo convert' makes other formats of it"
      )
    }
    if let limitBatches, limitBatches < 1 {
      throw ValidationError("'--limit-batches \(limitBatches)' measures nothing; it must be at least 1")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("'--threads \(threads)' computes nothing; it must be in 1...1024")
    }
    if let workers, !(0...256).contains(workers.threads) {
      throw ValidationError("'--workers \(workers)' is no number of workers; it must be in 0...256, or auto")
    }
  }

  func run() throws {
    let runStore = RunStore(folder: store.store)
    let found = try references.map { try runStore.resolve($0) }
    let run = found[0].run.flatMap { run in found.allSatisfy { $0.run == run } ? run : nil }
    guard let target = output ?? run?.path(of: .average) else {
      throw CommandError("these checkpoints are not of one run; say with '--output FILE' where their average goes")
    }
    var average = try WeightAverage(
      of: zip(references, found).map { (name: $0, file: try CheckpointFile(opening: $1.path)) },
      weights: ema ? .average : .net)
    if average.leavesOutAverages {
      Output.note("these are the weights themselves; '--ema' averages the averages that training kept of them")
    }
    if average.needsStatistics { try measure(&average) }
    try average.snapshot.write(to: target)
    Output.line("averaged  \(NumberText.count(references.count, "checkpoint")), written to \(target.terminalEscaped)")
    let name = output ?? run.map { "\($0.name)@average" } ?? target
    Output.line("evaluate  zoo evaluate \(ShellText.quoted(name)) --data PATH\(store.argument)")
  }

  private func measure(_ average: inout WeightAverage) throws {
    var changes = ResumeChanges()
    changes.threads = threads
    changes.workers = workers?.threads
    var display = ProgressDisplay()
    defer { display.clear() }
    try average.measureStatistics(data: data, batches: limitBatches, changing: changes) { done, total in
      display.show(
        isEnd: done == total,
        drawn: { width, _ in TerminalText.truncated("batch norm  \(done) of \(total) batches", to: width) },
        plain: { "batch normalisation: \(done) of \(total) batches" })
    }
  }
}
