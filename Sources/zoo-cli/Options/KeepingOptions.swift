import ArgumentParser
import Training

/// Which checkpoints a training keeps, beside `last`.
struct KeepingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Save 'last' every N steps too, in mid-epoch.", valueName: "n"))
  var saveSteps: Int?

  @Option(help: ArgumentHelp("What makes an epoch the best: top1, top5 or loss.", valueName: "metric"))
  var bestBy = WatchedMetric.top1

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Keep the N best epochs as RUN@NUMBER, beside 'best'.", valueName: "n"))
  var keepBest = 0

  @Option(parsing: .unconditional, help: ArgumentHelp("Keep every Nth epoch as RUN@NUMBER.", valueName: "n"))
  var keepEvery: Int?

  /// The settings that the options mean.
  var settings: CheckpointSettings {
    var settings = CheckpointSettings()
    settings.bestBy = bestBy
    settings.bestCount = keepBest
    settings.everyEpochs = keepEvery
    settings.everySteps = saveSteps
    return settings
  }
}
