import ArgumentParser

/// How many images go through a network together, and are read meanwhile.
struct PassOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Images of a forward pass.", valueName: "n"))
  var batchSize = 32

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Threads that read images: auto (one for each core, at most 4) or a number.", valueName: "n"))
  var workers = WorkerCount.auto

  /// Threads that read images.
  var readers: Int { workers.threads }

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("the batch size is \(batchSize); it must be in 1...65536")
    }
    guard (0...256).contains(readers) else {
      throw ValidationError("the number of workers is \(readers); it must be in 0...256")
    }
  }
}
