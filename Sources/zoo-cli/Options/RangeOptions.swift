public import ArgumentParser
public import Training

extension RangeTestSettings.Growth: EnumerableFlag {
  /// What the help says.
  public static func help(for value: Self) -> ArgumentHelp? {
    switch value {
    case .exponential: "The rate grows by the same factor at each step."
    case .linear: "The rate grows by the same amount at each step."
    }
  }
}

/// What learning rates a range test goes through.
struct RangeOptions: ParsableArguments {
  @Option(
    name: .customLong("min-lr"), parsing: .unconditional,
    help: ArgumentHelp("The learning rate of the first step.", valueName: "rate"))
  var minimumRate = RangeTestSettings().minimumRate

  @Option(
    name: .customLong("max-lr"), parsing: .unconditional,
    help: ArgumentHelp("The learning rate of the last step.", valueName: "rate"))
  var maximumRate = RangeTestSettings().maximumRate

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of the test.", valueName: "n"))
  var steps = RangeTestSettings().steps

  @Flag var growth = RangeTestSettings.Growth.exponential

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The weight of the past in the smoothed loss; 0 for none.", valueName: "share"))
  var smoothing = RangeTestSettings().smoothing

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Stop when the smoothed loss is so many times its least; 0 for never.", valueName: "x"))
  var divergeFactor = RangeTestSettings().divergeFactor

  /// The settings that the options mean.
  var settings: RangeTestSettings {
    var settings = RangeTestSettings()
    settings.minimumRate = minimumRate
    settings.maximumRate = maximumRate
    settings.steps = steps
    settings.growth = growth
    settings.smoothing = smoothing
    settings.divergeFactor = divergeFactor
    return settings
  }
}
