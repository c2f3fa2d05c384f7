import Checkpoint
import Fixtures
import Foundation
import Testing
import Zoo

@testable import Training

/// Going back to an earlier checkpoint of a run.
struct GoingBackTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  private func settings(epochs: Int) throws -> TrainingSettings {
    var settings = TrainingSettings(
      model: TinyModel.entry.name, data: try TinyData(in: folder).path, epochs: epochs, batchSize: 8,
      optimizer: OptimizerSettings(.sgd, learningRate: 0.02), schedule: ScheduleSettings(.constant), seed: 3,
      workers: 0, threads: 1, keepsEveryEpoch: true)
    settings.checkpoints.bestBy = .loss
    return settings
  }

  private func resumed(_ reference: String, _ change: (inout ResumeChanges) -> Void = { _ in }) throws -> Trainer {
    var changes = ResumeChanges()
    change(&changes)
    return try Trainer(resuming: reference, in: store, changing: changes, entry: TinyModel.entry)
  }

  private func epoch(of path: String) throws -> Int? { try Snapshot.read(path).position?.epoch }

  /// The log has no hole, and no checkpoint of the run is of the course that was abandoned.
  @Test func dyingAtOnceLeavesAWholeRun() throws {
    let whole = try Trainer(settings(epochs: 4), run: "r", in: store, entry: TinyModel.entry)
    try whole.train()
    let run = whole.run
    #expect(whole.state.best?.epoch ?? 0 > 2, "the case is about a best epoch that is abandoned")
    let (best, last) = try (epoch(of: run.path(of: .best)), Snapshot.read(run.path(of: .last)))
    _ = consume whole

    // It dies before its first step.
    _ = try resumed("r@2")
    #expect(try epoch(of: run.path(of: .last)) == 2)
    #expect(try run.labels() == [.last, .best, .epoch(1), .epoch(2)])
    let state: TrainingState = try #require(Snapshot.read(run.path(of: .last)).metrics["state"])
      .decoded(of: "state", in: "")
    #expect(try state.best?.epoch == epoch(of: run.path(of: .best)))
    // Nothing is lost.
    for (name, expected) in [("3.h5", 3), ("4.h5", 4), ("best.h5", best), ("last.h5", 4)] {
      #expect(try epoch(of: "\(run.supersededFolder)/\(name)") == expected, "\(name)")
    }
    #expect(try run.superfluous(keepingEpochs: 9).map(\.name).sorted().first == "superseded/3.h5")

    let rest = try resumed("r") { $0.epochs = 5 }
    try rest.train()
    let history = try RunHistory(run)
    #expect(history.epochs.map(\.epoch) == [1, 2, 3, 4, 5] && history.steps.last?.epoch == 5)
    #expect(try run.labels() == [.last, .best] + (1...5).map { .epoch($0) })
    #expect(try epoch(of: run.path(of: .best)) == rest.state.best?.epoch)
    // The same course again.
    #expect(try ResumeTests.differences(last, Snapshot.read(run.path(of: .epoch(4)))) == [])
  }

  /// A best epoch whose checkpoint is gone is not claimed: the best that is there is.
  @Test func theBestIsOneThatIsThere() throws {
    var settings = try settings(epochs: 3)
    settings.checkpoints.bestCount = 2
    settings.keepsEveryEpoch = false
    let whole = try Trainer(settings, run: "r", in: store, entry: TinyModel.entry)
    try whole.train()
    let run = whole.run
    _ = consume whole
    for label in [CheckpointLabel.best, .epoch(3)] { try FileManager.default.removeItem(atPath: run.path(of: label)) }
    let trainer = try resumed("r") { $0.epochs = 4 }
    // The last epoch is there as 'last', and gets its names again.
    #expect(try epoch(of: run.path(of: .best)) == trainer.state.best?.epoch)
    #expect(try run.labels().contains(.epoch(3)) == (trainer.state.bestFew?.contains { $0.epoch == 3 }))
    try trainer.train()
    for best in trainer.state.bestFew ?? [] { #expect(try epoch(of: run.path(of: .epoch(best.epoch))) == best.epoch) }
    #expect(trainer.state.bestFew?.count == 2)
  }

  /// Among the best few, a removed checkpoint takes nobody's place.
  @Test func removedCheckpointsAreForgotten() throws {
    var settings = try settings(epochs: 5)
    settings.checkpoints.bestCount = 2
    settings.checkpoints.bestBy = .top1
    settings.keepsEveryEpoch = false
    let trainer = try Trainer(settings, run: "r", in: store, entry: TinyModel.entry)
    try trainer.train { event in
      guard case .epoch(let report) = event, report.epoch == 3, let best = trainer.state.bestFew?.first else { return }
      try? FileManager.default.removeItem(atPath: trainer.run.path(of: .epoch(best.epoch)))
    }
    #expect(trainer.state.bestFew?.count == 2)
    for best in trainer.state.bestFew ?? [] { #expect(trainer.run.existing(.epoch(best.epoch)) != nil) }
  }

  /// Killed before its first `last`, a run has its first epoch under another name.
  @Test func aRunWithoutLastGoesOnFromWhatThereIs() throws {
    let trainer = try Trainer(settings(epochs: 2), run: "r", in: store, entry: TinyModel.entry)
    var failure: (any Error)? = nil
    // The first name is that of the epoch.
    trainer.probe = { throw CancellationError() }
    do { try trainer.train() } catch { failure = error }
    #expect(failure is CancellationError)
    let run = trainer.run
    _ = consume trainer
    #expect(try run.labels() == [.epoch(1)])
    let rest = try resumed("r")
    #expect(rest.state.epochsDone == 1)
    try rest.train()
    #expect(try run.labels() == [.last, .best, .epoch(1), .epoch(2)])
  }

  /// With other data, epochs have other lengths: the schedule goes on where it was, in epochs.
  @Test func theScheduleGoesOnInEpochs() throws {
    var settings = try settings(epochs: 6)
    settings.schedule = ScheduleSettings(.cosine)
    try Trainer(settings, run: "r", in: store, entry: TinyModel.entry).train()
    let half = try TinyData(in: folder, named: "half", count: 30).path
    var (rates, notices) = ([(epoch: Int, step: Int, rate: Double)](), [String]())
    let trainer = try resumed("r@2") { $0.data = half }
    try trainer.train { event in
      if case .step(let step) = event { rates.append((step.epoch, step.step, step.learningRate)) }
      if case .notice(let text) = event { notices.append(text) }
    }
    #expect(trainer.stepsPerEpoch == 4 && rates.count == 16)
    for (epoch, step, rate) in rates {
      let part = (Double(epoch - 1) + Double(step - 1) / 4) / 6
      #expect(abs(rate - 0.02 * (1 + cos(.pi * part)) / 2) < 1e-12, "epoch \(epoch), step \(step)")
    }
    #expect(
      notices.contains(
        "an epoch has 4 steps in place of 8: the schedule goes on where 2 epochs of 6 are over, at the learning rate 0.015"
      ), "\(notices)")
    let history = try RunHistory(trainer.run)
    #expect(history.steps.suffix(4).map(\.epoch) == [5.25, 5.5, 5.75, 6])
    #expect(history.steps.map(\.epoch) == history.steps.map(\.epoch).sorted())
  }
}
