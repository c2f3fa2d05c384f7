import ArgumentParser
import Training

/// `zoo lr-plot`
struct LearningRatePlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-plot", abstract: "Draw a schedule of the learning rate before training with it.",
    usage: "zoo lr-plot [--schedule <curve>] [<options>]",
    discussion: """
      The options are those of 'zoo train'. A plateau is drawn as if every epoch were an improvement. A momentum \
      that cycles is drawn too.

      Examples:
        zoo lr-plot --schedule one-cycle --lr 0.1 --epochs 30 --cycle-momentum
        zoo lr-plot --schedule multistep --milestones 30,60 --warmup-epochs 5 --epochs 90
        zoo lr-plot --schedule 'constant:5,cosine' --lr 0.05 --epochs 40 --output rates.png
      """)

  @Option(name: .customLong("lr"), parsing: .unconditional, help: ArgumentHelp("The learning rate.", valueName: "rate"))
  var learningRate = 0.01

  @Option(parsing: .unconditional, help: ArgumentHelp("The length of the training.", valueName: "n"))
  var epochs = 10

  @Option(parsing: .unconditional, help: ArgumentHelp("Steps of an epoch.", valueName: "n"))
  var stepsPerEpoch = 100

  @Option(help: ArgumentHelp("A picture instead: its name ends in .png or .svg.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Schedule") var schedule: ScheduleOptions

  func validate() throws {
    try PlotFile.check(output)
    guard (1...100_000).contains(epochs) else {
      throw ValidationError("the number of epochs is \(epochs); it must be in 1...100000")
    }
    guard (1...10_000_000).contains(stepsPerEpoch) else {
      throw ValidationError("an epoch has \(stepsPerEpoch) steps; it must be in 1...10000000")
    }
    guard learningRate > 0, learningRate <= 100 else {
      throw ValidationError("the learning rate is \(learningRate); it must be above 0 and at most 100")
    }
    let problems = schedule.settings().problems(epochs: epochs, learningRate: learningRate)
    guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "; ")) }
  }

  func run() throws {
    let settings = schedule.settings()
    let schedule = Schedule(
      settings, learningRate: learningRate, epochs: epochs, stepsPerEpoch: stepsPerEpoch)
    let charts = [
      Chart(schedule, epochs: epochs, stepsPerEpoch: stepsPerEpoch),
      Chart(momentumOf: schedule, epochs: epochs, stepsPerEpoch: stepsPerEpoch),
    ].compactMap(\.self)
    if let output {
      try PlotFile.write(Figure(charts), to: output)
    } else {
      Output.lines(Array(charts.map { ChartText.lines($0) }.joined(separator: [""])))
    }
  }
}
