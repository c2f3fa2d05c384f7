public import ArgumentParser
public import Training

extension ScheduleSettings.Unit: ExpressibleByArgument {}
extension Schedule.Warmup: ExpressibleByArgument {}
extension Schedule.OneCycle.Annealing: ExpressibleByArgument {}
extension PlateauSettings.ThresholdMode: ExpressibleByArgument {}

extension ScheduleSettings.Shape: ExpressibleByArgument {
  /// `cosine`, `constant:5,cosine` or `step*exponential`.
  public init?(argument: String) { self.init(argument) }
  /// What is written for it.
  public var defaultValueDescription: String { text }
}

/// How the learning rate changes. What is not given is a default.
struct ScheduleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "constant, linear, step, multistep, exponential, cosine, cosine-restarts, one-cycle, polynomial or plateau; several "
        + "after each other with their epochs, 'constant:5,cosine'; or multiplied, 'step*exponential'; with settings of "
        + "their own, 'linear(from=0.1,to=1):5,cosine(min-lr=0.001)'. (default: cosine)",
      valueName: "curve"))
  var schedule: ScheduleSettings.Shape?

  @Option(help: ArgumentHelp("Whether it changes every step or every epoch. (default: step)", valueName: "unit"))
  var scheduleBy: ScheduleSettings.Unit?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Epochs of warm-up; 0.5 is half an epoch. (default: 0)", valueName: "n")
  )
  var warmupEpochs: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The share of the learning rate that warm-up starts at. (default: 0.01)", valueName: "share"))
  var warmupFactor: Double?

  @Option(
    help: ArgumentHelp("How warm-up rises: linear, or constant until its end. (default: linear)", valueName: "how"))
  var warmup: Schedule.Warmup?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("step: epochs between two reductions. (default: 30)", valueName: "n"))
  var stepEpochs: Int?

  @Option(
    help: ArgumentHelp("multistep: the epochs of reductions, from the end of warm-up: 30,60,80.", valueName: "list"),
    transform: Self.epochs)
  var milestones: [Int]?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "step, multistep and exponential: what the rate is multiplied by. (default: 0.1; 0.95 an epoch for exponential)",
      valueName: "x"))
  var gamma: Double?

  @Option(
    name: .customLong("min-lr"), parsing: .unconditional,
    help: ArgumentHelp("Where cosine, cosine-restarts and plateau end. (default: 0)", valueName: "rate"))
  var minimumRate: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Epochs that cosine, one-cycle, polynomial or linear take. (default: all after warm-up)", valueName: "n"))
  var scheduleEpochs: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("cosine-restarts: epochs of the first cosine. (default: 10)", valueName: "n"))
  var restartEpochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("cosine-restarts: how many times longer each next is. (default: 1)", valueName: "n"))
  var restartFactor: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("polynomial: the power. (default: 1)", valueName: "x"))
  var power: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("one-cycle: the share of training in which the rate rises. (default: 0.3)", valueName: "share"))
  var rise: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("one-cycle: what the highest rate is divided by at first. (default: 25)", valueName: "x"))
  var divisor: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("one-cycle: what that is divided by at the end. (default: 10000)", valueName: "x"))
  var finalDivisor: Double?

  @Option(help: ArgumentHelp("one-cycle: cosine or linear from rate to rate. (default: cosine)", valueName: "how"))
  var annealing: Schedule.OneCycle.Annealing?

  @Flag(
    inversion: .prefixedNo, help: "one-cycle: fall back to the first rate, and then to the last. (default: no)")
  var threePhases: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "one-cycle: let the momentum (or beta1) fall while the rate rises, and rise again. (default: no)")
  var cycleMomentum: Bool?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("one-cycle: the momentum at the highest rate, when it cycles. (default: 0.85)", valueName: "x"))
  var baseMomentum: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("one-cycle: the momentum at both ends, when it cycles. (default: 0.95)", valueName: "x"))
  var maxMomentum: Double?

  @Option(help: ArgumentHelp("plateau: what is watched, loss, top1 or top5. (default: loss)", valueName: "metric"))
  var plateauMetric: WatchedMetric?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("plateau: what the rate is multiplied by. (default: 0.1)", valueName: "x"))
  var plateauFactor: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("plateau: epochs without improvement that are borne. (default: 10)", valueName: "n"))
  var plateauPatience: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("plateau: the least improvement that counts. (default: 0.0001)", valueName: "x"))
  var plateauThreshold: Double?

  @Option(
    help: ArgumentHelp(
      "plateau: whether that is a share of the best (relative) or a difference. (default: relative)", valueName: "mode")
  )
  var plateauThresholdMode: PlateauSettings.ThresholdMode?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("plateau: epochs after a reduction that do not count. (default: 0)", valueName: "n"))
  var plateauCooldown: Int?

  /// The settings that the options mean.
  /// - Parameter known: The schedule of a training that is gone on with, for what the options do not say.
  func settings(_ known: ScheduleSettings? = nil) -> ScheduleSettings {
    var settings = known ?? ScheduleSettings(schedule?.kind ?? .cosine)
    if let schedule { settings.shape = schedule }
    func set<Value>(_ path: WritableKeyPath<ScheduleSettings, Value>, _ value: Value?) {
      if let value { settings[keyPath: path] = value }
    }
    set(\.unit, scheduleBy)
    set(\.warmupEpochs, warmupEpochs)
    set(\.warmupFactor, warmupFactor)
    set(\.warmupShape, warmup)
    set(\.stepEpochs, stepEpochs)
    set(\.milestones, milestones)
    set(\.gamma, gamma)
    set(\.minimumRate, minimumRate)
    set(\.length, scheduleEpochs.map(Optional.some))
    set(\.restartEpochs, restartEpochs)
    set(\.restartFactor, restartFactor)
    set(\.power, power)
    set(\.rise, rise)
    set(\.divisor, divisor)
    set(\.finalDivisor, finalDivisor)
    set(\.annealing, annealing)
    set(\.hasThreePhases, threePhases)
    set(\.cyclesMomentum, cycleMomentum)
    set(\.baseMomentum, baseMomentum)
    set(\.maximumMomentum, maxMomentum)
    set(\.plateau.metric, plateauMetric)
    set(\.plateau.factor, plateauFactor)
    set(\.plateau.patience, plateauPatience)
    set(\.plateau.threshold, plateauThreshold)
    set(\.plateau.thresholdMode, plateauThresholdMode)
    set(\.plateau.cooldown, plateauCooldown)
    return settings
  }

  @Sendable private static func epochs(_ text: String) throws -> [Int] {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    let epochs = words.compactMap { Int($0) }
    guard epochs.count == words.count else {
      throw ValidationError("'\(text)' is no list of epochs, such as 30,60,80")
    }
    return epochs
  }
}
