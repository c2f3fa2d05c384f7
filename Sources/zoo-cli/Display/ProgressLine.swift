import Training

/// One line that says where a training or a validation stands. Pure functions of what they show.
enum ProgressLine {
  /// `epoch 3/10  45% ━━━━━━──── loss 0.412 top-1 85.3% lr 0.0098 412 img/s 12:31 left`
  ///
  /// What matters least gives way when the terminal is narrow: the bar, then the learning rate, then the speed.
  static func training(_ progress: TrainingProgress, width: Int, unicode: Bool) -> String {
    let share = Double(progress.step) / Double(max(progress.stepsPerEpoch, 1))
    return fitted(
      head: "epoch \(progress.epoch)/\(progress.epochs)", share: share,
      fields: [
        Field("loss \(NumberText.loss(progress.metrics.loss))", rank: 0),
        Field("top-1 \(NumberText.percent(progress.metrics.top1, 1))", rank: 1),
        Field("lr \(NumberText.rate(progress.learningRate))", rank: 4),
        Field("\(NumberText.speed(progress.imagesPerSecond)) img/s", rank: 3),
        Field("\(NumberText.duration(progress.secondsLeft)) left", rank: 2),
      ], width: width, unicode: unicode)
  }

  /// `lr-find  45% ━━━━━━━━━━━━────────── lr 0.0012 loss 0.412 412 img/s`
  static func rangeTest(_ progress: RangeTestProgress, width: Int, unicode: Bool) -> String {
    fitted(
      head: "lr-find", share: Double(progress.step) / Double(max(progress.steps, 1)),
      fields: [
        Field("lr \(NumberText.rate(progress.point.learningRate))", rank: 0),
        Field("loss \(NumberText.loss(progress.point.smoothedLoss))", rank: 1),
        Field("\(NumberText.speed(progress.imagesPerSecond)) img/s", rank: 2),
      ], width: width, unicode: unicode)
  }

  /// The same without a bar, for logs.
  static func plain(_ progress: RangeTestProgress) -> String {
    "lr-find step \(progress.step)/\(progress.steps) lr \(NumberText.rate(progress.point.learningRate))"
      + " loss \(NumberText.loss(progress.point.smoothedLoss)) \(NumberText.speed(progress.imagesPerSecond)) img/s"
  }

  /// `validation  45% ━━━━━━━━━━━━────────── top-1 85.3% 1204 img/s 0:07 left`
  static func validation(
    _ progress: ValidationProgress, title: String, width: Int, unicode: Bool
  ) -> String {
    fitted(
      head: title, share: Double(progress.done) / Double(max(progress.total, 1)),
      fields: [
        Field("top-1 \(NumberText.percent(progress.top1, 1))", rank: 0),
        Field("\(NumberText.speed(progress.imagesPerSecond)) img/s", rank: 2),
        Field("\(NumberText.duration(progress.secondsLeft)) left", rank: 1),
      ], width: width, unicode: unicode)
  }

  /// `decoding  45% ━━━━━━━━━━━━────────── 31,500 of 70,000 images`
  static func images(_ title: String, done: Int, total: Int, width: Int, unicode: Bool) -> String {
    fitted(
      head: title, share: Double(done) / Double(max(total, 1)),
      fields: [Field("\(NumberText.grouped(done)) of \(NumberText.grouped(total)) images", rank: 0)], width: width,
      unicode: unicode)
  }

  /// The same without a bar, for logs.
  static func plain(_ title: String, done: Int, total: Int) -> String {
    "\(title) \(NumberText.grouped(done)) of \(NumberText.grouped(total)) images"
  }

  /// The same without a bar, for logs: `epoch 3/10 step 846/1875 loss 0.412 …`.
  static func plain(_ progress: TrainingProgress) -> String {
    "epoch \(progress.epoch)/\(progress.epochs) step \(progress.step)/\(progress.stepsPerEpoch)"
      + " loss \(NumberText.loss(progress.metrics.loss)) top-1 \(NumberText.percent(progress.metrics.top1, 1))"
      + " lr \(NumberText.rate(progress.learningRate)) \(NumberText.speed(progress.imagesPerSecond)) img/s"
      + " \(NumberText.duration(progress.secondsLeft)) left"
  }

  /// The same without a bar, for logs.
  static func plain(_ progress: ValidationProgress, title: String) -> String {
    "\(title) \(progress.done)/\(progress.total) top-1 \(NumberText.percent(progress.top1, 1))"
      + " \(NumberText.speed(progress.imagesPerSecond)) img/s \(NumberText.duration(progress.secondsLeft)) left"
  }

  /// `epoch 3/10  loss 0.412 top-1 85.31%  val loss 0.398 top-1 86.20% best  2:31`
  static func epoch(_ report: EpochReport, on terminal: Terminal) -> String {
    func pair(_ metrics: EpochMetrics) -> String {
      "loss \(NumberText.loss(metrics.loss)) top-1 \(NumberText.percent(metrics.top1))"
    }
    var line = "epoch \(report.epoch)/\(report.epochs)  \(pair(report.training))"
    if let validation = report.validation { line += "  val \(pair(validation))" }
    if report.isBest { line += " " + terminal.styled("best", .green) }
    return line + "  " + NumberText.duration(report.seconds)
  }

  /// A part of a line; parts of a high rank are left out first.
  private struct Field {
    let text: String
    let rank: Int

    init(_ text: String, rank: Int) {
      self.text = text
      self.rank = rank
    }
  }

  private static func fitted(
    head: String, share: Double, fields: [Field], width: Int, unicode: Bool
  ) -> String {
    // The last columns stay free: for the '^C' that a terminal shows, and because some wrap when the last is written.
    let limit = width - 3
    var fields = fields
    let lead = head + " " + TerminalText.padded("\(Int(min(max(share, 0), 1) * 100))%", to: 4, alignRight: true)
    func length() -> Int { fields.reduce(lead.count) { $0 + 1 + $1.text.count } }
    while length() > limit, let last = fields.indices.max(by: { fields[$0].rank < fields[$1].rank }) {
      fields.remove(at: last)
    }
    let room = min(limit - length() - 1, 30)
    let parts = [lead] + (room >= 5 ? [bar(share, room, unicode)] : []) + fields.map(\.text)
    return TerminalText.truncated(parts.joined(separator: " "), to: max(limit, 1))
  }

  private static func bar(_ share: Double, _ width: Int, _ unicode: Bool) -> String {
    let filled = Int((min(max(share, 0), 1) * Double(width)).rounded(.down))
    return String(repeating: unicode ? "━" : "#", count: filled)
      + String(repeating: unicode ? "─" : ".", count: width - filled)
  }
}
