public import ArgumentParser
public import Engine
import Training

extension CrossEntropy.Reduction: ExpressibleByArgument {}
extension AverageRule.Statistics: ExpressibleByArgument {}

/// How far a network is from its targets, and what becomes of gradients and weights.
struct LossOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The share of the target that goes to all classes.", valueName: "share")
  )
  var labelSmoothing = 0.0

  @Option(
    help: ArgumentHelp(
      "What each class counts: balanced (the rarer the more), numbers as 1,2,0.5 in the order of the classes, or a file "
        + "of numbers. (default: all the same)", valueName: "weights"))
  var classWeights: String?

  @Option(
    name: .customLong("ignore-index"), parsing: .unconditional,
    help: ArgumentHelp("Training images with this label count for nothing.", valueName: "label"))
  var ignoredLabel: Int?

  @Option(
    name: .customLong("loss-reduction"),
    help: ArgumentHelp("Whether a step follows the mean or the sum over its images.", valueName: "how"))
  var reduction = CrossEntropy.Reduction.mean

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Batches of a step: N batches learn as one N times as large.", valueName: "n"))
  var accumulate = 1

  @Option(
    name: .customLong("clip-grad-norm"), parsing: .unconditional,
    help: ArgumentHelp("Make all gradients together no longer than this.", valueName: "length"))
  var clipNorm: Double?

  @Option(
    name: .customLong("clip-grad-value"), parsing: .unconditional,
    help: ArgumentHelp("Bring every number of a gradient into -x...x.", valueName: "x"))
  var clipValue: Double?

  @Option(
    name: .customLong("ema"), parsing: .unconditional,
    help: ArgumentHelp(
      "Keep an exponential moving average of the weights with this decay, such as 0.9999; it is validated and saved.",
      valueName: "decay"))
  var averageDecay: Double?

  @Flag(
    name: .customLong("ema-warmup"), inversion: .prefixedNo, help: "Let the decay of the average grow from 0.")
  var averageWarmup = false

  @Option(
    name: .customLong("ema-every"), parsing: .unconditional,
    help: ArgumentHelp("Steps between two updates of the average.", valueName: "n"))
  var averageEvery = 1

  @Option(
    name: .customLong("ema-norm-stats"),
    help: ArgumentHelp("Statistics of normalisations in the average: average or copy.", valueName: "how"))
  var averageStatistics = AverageRule.Statistics.average

  /// What average of weights is kept.
  var average: AverageSettings {
    var settings = AverageSettings()
    settings.decay = averageDecay
    settings.warmup = averageWarmup
    settings.every = averageEvery
    settings.statistics = averageStatistics
    return settings
  }

  /// What becomes of gradients.
  var gradients: GradientSettings {
    var settings = GradientSettings()
    settings.accumulate = accumulate
    settings.clipNorm = clipNorm
    settings.clipValue = clipValue
    return settings
  }

  /// The settings that the options mean.
  func settings() throws -> LossSettings {
    var settings = LossSettings()
    if let classWeights { settings.classWeights = try ClassWeights(parsing: classWeights) }
    settings.ignoredLabel = ignoredLabel
    settings.reduction = reduction
    return settings
  }
}
