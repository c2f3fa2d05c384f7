import Checkpoint
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `train` and `resume` show while a training runs, and how they end.
struct TrainingSession {
  private let trainer: Trainer
  private let store: StoreOptions
  private var display = ProgressDisplay()

  /// A session of a trainer that is ready.
  init(_ trainer: Trainer, in store: StoreOptions) {
    self.trainer = trainer
    self.store = store
  }

  /// To be called before anything is opened: signals end a training in order, and a reader that goes away, as in
  /// `zoo train … | head`, does not end it at all.
  static func prepare() {
    StopSignals.listen()
    signal(SIGPIPE, SIG_IGN)
  }

  /// Trains to the end.
  /// - Throws: ``Stopped`` after a signal, when everything is saved.
  mutating func run() throws {
    var display = self.display
    defer { display.clear() }
    let outcome = try trainer.train(stopWhen: StopSignals.pending != nil) { Self.show($0, &display) }
    display.clear()
    let name = ShellText.quoted(trainer.run.name)
    switch outcome {
    case .finished:
      let best = trainer.state.best.map { "best epoch \($0.epoch), top-1 \(NumberText.percent($0.metrics.top1))" } ?? ""
      let ema = Self.holdsAverage(trainer.run.path(of: .best)) ? " --ema" : ""
      Output.line("finished in \(NumberText.duration(trainer.state.seconds)); \(best)")
      Output.line(
        "evaluate  zoo evaluate \(name)@best\(ema) --data \(ShellText.quoted(trainer.settings.data))\(store.argument)")
      Output.line("predict   zoo predict \(name)@best\(ema) IMAGE...\(store.argument)")
    case .stopped:
      let signal = StopSignals.pending.map { " by \(Self.name(of: $0))" } ?? ""
      throw Stopped(
        message:
          "stopped\(signal) at epoch \(trainer.state.epochsDone + 1), step \(trainer.stepsDoneInEpoch) of "
          + "\(trainer.stepsPerEpoch); everything is saved. "
          + "Go on with:\n  zoo resume \(name)@last\(store.argument)")
    }
  }

  /// Whether a checkpoint has an average of weights: the best one can be older than the first update.
  private static func holdsAverage(_ path: String) -> Bool {
    (try? CheckpointFile(opening: path).snapshot().averaged) != nil
  }

  private static func show(_ event: TrainingEvent, _ display: inout ProgressDisplay) {
    switch event {
    case .started(let plan):
      Output.lines(PlanText.lines(plan))
    case .step(let progress):
      display.show(
        isEnd: progress.step == progress.stepsPerEpoch,
        drawn: { ProgressLine.training(progress, width: $0, unicode: $1) }, plain: { ProgressLine.plain(progress) })
    case .validating(let progress):
      display.show(
        isEnd: progress.done == progress.total,
        drawn: { ProgressLine.validation(progress, title: "validation", width: $0, unicode: $1) },
        plain: { ProgressLine.plain(progress, title: "validation") })
    case .epoch(let report):
      display.clear()
      Output.line(ProgressLine.epoch(report, on: .output))
    case .notice(let text):
      display.clear()
      Output.note(text)
    }
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: "signal \(signal)"
    }
  }
}
