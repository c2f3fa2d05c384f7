import Testing
import Training

@testable import zoo_cli

struct DisplayTests {
  static func progress(
    epoch: Int = 3, epochs: Int = 10, step: Int = 846, steps: Int = 1875, lr: Double = 0.00976, speed: Double = 412,
    left: Double? = 751
  ) -> TrainingProgress {
    var metrics = RunningMetrics()
    metrics.add(loss: 0.4123, correct: 853, count: 1000)
    return TrainingProgress(
      epoch: epoch, epochs: epochs, step: step, stepsPerEpoch: steps, globalStep: step, metrics: metrics,
      learningRate: lr, imagesPerSecond: speed, secondsLeft: left)
  }

  @Test func trainingLineAt80Columns() {
    let line = ProgressLine.training(Self.progress(), width: 80, unicode: true)
    #expect(line == "epoch 3/10  45% ━━━──── loss 0.412 top-1 85.3% lr 0.0098 412 img/s 12:31 left")
    #expect(TerminalText.width(line) == 77)
  }

  @Test func asciiTerminalsGetAsciiBars() {
    let line = ProgressLine.training(Self.progress(), width: 80, unicode: false)
    #expect(line.allSatisfy { $0.isASCII })
    #expect(line.contains("#"))
  }

  /// The longest numbers that a long training of a small net shows, and every width.
  @Test(arguments: [20, 40, 60, 72, 80, 100, 132])
  func noLineIsWiderThanTheTerminal(width: Int) {
    let longest = Self.progress(
      epoch: 100, epochs: 300, step: 1_281_167, steps: 1_281_167, lr: 0.00013, speed: 123_456, left: 359_999)
    for unicode in [true, false] {
      for progress in [longest, Self.progress()] {
        let line = ProgressLine.training(progress, width: width, unicode: unicode)
        #expect(TerminalText.width(line) <= width - 3)
        #expect(line.hasPrefix("epoch"))
      }
      let validation = ValidationProgress(done: 5000, total: 10_000, top1: 0.853, imagesPerSecond: 1204)
      let line = ProgressLine.validation(validation, title: "validation", width: width, unicode: unicode)
      #expect(TerminalText.width(line) <= width - 3)
    }
  }

  @Test func narrowTerminalsKeepTheLoss() {
    let line = ProgressLine.training(Self.progress(), width: 42, unicode: true)
    #expect(line == "epoch 3/10  45% loss 0.412 top-1 85.3%")
  }

  @Test func epochSummaryFits80Columns() {
    let metrics = EpochMetrics(loss: 2.3026, top1: 0.853)
    let report = EpochReport(
      epoch: 100, epochs: 100, training: metrics, validation: metrics, isBest: true, seconds: 751)
    let line = ProgressLine.epoch(report, on: Terminal(isInteractive: true, width: 80))
    #expect(line == "epoch 100/100  loss 2.303 top-1 85.30%  val loss 2.303 top-1 85.30% best  12:31")
    #expect(line.count <= 80)
  }

  @Test func coloursAreForTerminalsThatWelcomeThem() {
    #expect(Terminal(isInteractive: true, width: 80, hasColor: true).styled("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    #expect(Terminal(isInteractive: true, width: 80).styled("x", .red) == "x")
  }

  @Test func logLineNamesTheStep() {
    #expect(
      ProgressLine.plain(Self.progress())
        == "epoch 3/10 step 846/1875 loss 0.412 top-1 85.3% lr 0.0098 412 img/s 12:31 left")
  }

  @Test func tablesAlignAndGiveWay() {
    var table = Table([
      Table.Column(title: "Layer", flexibility: 1), Table.Column(title: "Parameters", alignRight: true),
    ])
    table.add(["features.0", "23,296"])
    table.addNote("  below")
    table.add(["a very long name of a layer", "7"])
    #expect(
      table.lines(width: 30) == [
        "Layer               Parameters", "------------------------------", "features.0              23,296",
        "  below", "a very long name …           7",
      ])
    #expect(table.lines(width: 80).allSatisfy { TerminalText.width($0) <= 80 })
  }

  @Test func wideCharactersTakeTwoColumns() {
    #expect(TerminalText.width("猫 cat") == 6)
    #expect(TerminalText.padded("猫", to: 4) == "猫  ")
    #expect(TerminalText.truncated("猫猫猫", to: 4) == "猫…")
    #expect(TerminalText.truncated("abc", to: 3) == "abc")
  }

  @Test func messagesBreakBetweenWordsAndCommandsStayWhole() {
    let text =
      "zoo: error: no model 'alexmet' is known; meant was one of these perhaps\n  - alexnet of 2014\n  zoo list 'alex*'"
    #expect(
      TerminalText.paragraphs(text, to: 24) == """
        zoo: error: no model
        'alexmet' is known;
        meant was one of these
        perhaps
          - alexnet of 2014
          zoo list 'alex*'
        """)
    #expect(TerminalText.paragraphs("  - one two three", to: 10) == "  - one\n    two\n    three")
    #expect(TerminalText.paragraphs("a\n\nb", to: 10) == "a\n\nb")
  }
}
