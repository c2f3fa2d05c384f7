import Checkpoint
import Fixtures
import Foundation
import Testing
import Zoo

@testable import Training

/// Which checkpoints a run keeps.
struct KeepingTests {
  private static func settings(_ data: TinyData, epochs: Int) -> TrainingSettings {
    var settings = TrainingSettings(
      model: TinyModel.entry.name, data: data.path, epochs: epochs, batchSize: 8,
      optimizer: OptimizerSettings(.sgd, learningRate: 0.05), schedule: ScheduleSettings(.constant), seed: 3,
      workers: 0,
      threads: 1)
    settings.checkpoints.bestBy = .loss
    settings.checkpoints.bestCount = 2
    settings.checkpoints.everyEpochs = 3
    return settings
  }

  /// The best two by loss and every third epoch; the same when it was interrupted in between.
  @Test func theBestFewAndEveryThird() throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    let store = RunStore(folder: folder.path("store"))
    let settings = Self.settings(data, epochs: 7)
    var losses: [(epoch: Int, loss: Double)] = []
    var present: [Set<Int>] = []
    let whole = try Trainer(settings, run: "whole", in: store, entry: TinyModel.entry)
    try whole.train { event in
      guard case .epoch(let report) = event else { return }
      losses.append((report.epoch, report.validation?.loss ?? 0))
      present.append(Self.epochs(whole.run))
    }
    for (index, found) in present.enumerated() {
      let best = losses.prefix(index + 1).sorted { $0.loss < $1.loss }.prefix(2).map(\.epoch)
      #expect(found == Set(best + (1...index + 1).filter { $0 % 3 == 0 }), "after epoch \(index + 1)")
    }
    #expect(whole.state.best?.epoch == losses.min { $0.loss < $1.loss }?.epoch)
    let best = try Snapshot.read(store.resolve("whole@best").path)
    #expect(best.position?.epoch == whole.state.best?.epoch)

    var parts: Trainer? = try Trainer(settings, run: "parts", in: store, entry: TinyModel.entry)
    for step in [11, 30, 41] {
      #expect(try parts?.train(stopWhen: parts?.state.step == step) == .stopped)
      parts = nil
      parts = try Trainer(resuming: "parts", in: store, entry: TinyModel.entry)
    }
    try parts?.train()
    #expect(parts?.state.bestFew == whole.state.bestFew && parts.map { Self.epochs($0.run) } == Self.epochs(whole.run))
  }

  /// What the training keeps is not removed by the way.
  @Test func pruningSparesWhatTheTrainingKeeps() throws {
    let folder = try TemporaryFolder()
    var settings = Self.settings(try TinyData(in: folder), epochs: 5)
    settings.keepsEveryEpoch = true
    let trainer = try Trainer(settings, run: "r", in: RunStore(folder: folder.path("store")), entry: TinyModel.entry)
    try trainer.train()
    let run = trainer.run
    let kept = Set([3] + (trainer.state.bestFew ?? []).map(\.epoch))
    #expect(try run.keptEpochs() == kept)
    let names = try run.superfluous(keepingEpochs: 0, sparing: run.keptEpochs()).map(\.name)
    #expect(names == (1...5).filter { !kept.contains($0) }.map { "\($0).h5" })
    #expect(try run.superfluous(keepingEpochs: 0).count == 5)
    // Without 'last', any of the others may be what the run goes on from.
    try FileManager.default.removeItem(atPath: run.path(of: .last))
    #expect(try run.keptEpochs() == Set(1...5))
  }

  private static func epochs(_ run: Run) -> Set<Int> {
    Set(((try? run.labels()) ?? []).compactMap { if case .epoch(let number) = $0 { number } else { nil } })
  }

  /// `last` is saved in mid-epoch by steps, whatever the clock says.
  @Test func lastEverySomeSteps() throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    var settings = Self.settings(data, epochs: 1)
    settings.saveMinutes = 0
    settings.checkpoints.everySteps = 3
    let trainer = try Trainer(settings, run: "r", in: RunStore(folder: folder.path("store")), entry: TinyModel.entry)
    var saved: [Int?] = []
    try trainer.train { event in
      guard case .step = event else { return }
      saved.append(try? Snapshot.read(trainer.run.path(of: .last)).position?.step)
    }
    #expect(saved == [nil, nil, nil, 3, 3, 3, 6, 6])
  }

  @Test(arguments: [
    (WatchedMetric.loss, EpochMetrics(loss: 1, top1: 0), EpochMetrics(loss: 2, top1: 1)),
    (.top1, EpochMetrics(loss: 2, top1: 1), EpochMetrics(loss: 1, top1: 0.5)),
    (.top1, EpochMetrics(loss: 1, top1: 1), EpochMetrics(loss: 2, top1: 1)),
    (.top5, EpochMetrics(loss: 2, top1: 0, top5: 1), EpochMetrics(loss: 1, top1: 0.5, top5: 0.75)),
    (.top5, EpochMetrics(loss: 2, top1: 1), EpochMetrics(loss: 1, top1: 0.5)),
  ])
  func whatIsBetter(metric: WatchedMetric, better: EpochMetrics, worse: EpochMetrics) {
    #expect(metric.isBetter(better, than: worse) && !metric.isBetter(worse, than: better))
    #expect(!metric.isBetter(better, than: better))
    // What is not a number is never better, and everything is better than it.
    let none = EpochMetrics(loss: .nan, top1: .nan)
    #expect(metric.isBetter(worse, than: none) && !metric.isBetter(none, than: worse))
  }
}
