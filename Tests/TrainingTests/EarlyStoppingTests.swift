import Checkpoint
import Datasets
import Fixtures
import Testing
import Zoo

@testable import Training

/// Trainings that end before their last epoch, and those of a few images.
struct EarlyStoppingTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  @Test(arguments: [
    (WatchedMetric.loss, 0.0, [5.0, 4, 4, 4.5, 3.9, 4], [0, 0, 1, 2, 0, 1]),
    (.loss, 0.5, [5, 4.6, 4.4, 4], [0, 1, 0, 1]),
    (.top1, 0, [0.5, 0.5, 0.6, 0.55, 0.6], [0, 1, 0, 1, 2]),
    (.loss, 0, [.nan, 3, .nan, 2], [1, 0, 1, 0]),
  ])
  func epochsAreCounted(metric: WatchedMetric, change: Double, values: [Double], counts: [Int]) {
    var settings = EarlyStopping()
    settings.metric = metric
    settings.minimumChange = change
    settings.patience = 2
    var state = EarlyStoppingState()
    var found: [Int] = []
    for value in values {
      state.add(EpochMetrics(loss: metric == .loss ? value : 1, top1: metric == .top1 ? value : 0), settings)
      found.append(state.epochsWithout)
      #expect(state.isOver(settings) == (state.epochsWithout >= 2))
    }
    #expect(found == counts)
  }

  private func settings() throws -> TrainingSettings {
    var settings = ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
    settings.epochs = 9
    // Nothing after the first epoch is an improvement.
    settings.earlyStopping.minimumChange = 100
    settings.earlyStopping.patience = 2
    return settings
  }

  @Test func interruptedEndsWhereUninterruptedDoes() throws {
    let settings = try self.settings()
    var notices: [String] = []
    var whole: Trainer? = try Trainer(settings, run: "whole", in: store, entry: TinyModel.entry)
    let outcome = try whole?.train { if case .notice(let text) = $0 { notices.append(text) } }
    #expect(outcome == .finished && whole?.state.epochsDone == 3)
    #expect(notices.count == 1 && notices[0].contains("stopped early after epoch 3 of 9"), "\(notices)")
    whole = nil

    var parts: Trainer? = try Trainer(settings, run: "parts", in: store, entry: TinyModel.entry)
    for step in [8, 11, 21] {
      try parts?.train(stopWhen: parts?.state.step == step)
      parts = nil
      parts = try Trainer(resuming: "parts", in: store, entry: TinyModel.entry)
    }
    #expect(try parts?.train() == .finished && parts?.state.epochsDone == 3)
    parts = nil
    let (first, second) = (
      try Snapshot.read(store.resolve("whole").path), try Snapshot.read(store.resolve("parts").path)
    )
    #expect(ResumeTests.differences(first, second) == [])

    let error = try #require(throws: TrainingError.self) {
      try Trainer(resuming: "whole", in: store, entry: TinyModel.entry)
    }
    #expect(
      error.code == .run && error.message.contains("has not improved") && error.message.contains("'--early-stop N'"))
    var changes = ResumeChanges()
    changes.earlyStoppingPatience = 4
    let longer = try Trainer(resuming: "whole", in: store, changing: changes, entry: TinyModel.entry)
    #expect(try longer.train() == .finished && longer.state.epochsDone == 5)
  }

  @Test func aFewImagesAreLearnedByHeart() throws {
    var settings = try self.settings()
    settings.earlyStopping = EarlyStopping()
    settings.overfitBatches = 2
    settings.epochs = 3
    settings.augmentation = TrainingSettings.Augmentation.none
    settings.variation = AugmentationSettings()
    var plan: TrainingPlan?
    let trainer = try Trainer(settings, run: "run", in: store, entry: TinyModel.plain)
    try trainer.train { if case .started(let value) = $0 { plan = value } }
    #expect(plan?.trainingImages == 16 && plan?.validationImages == 16 && plan?.stepsPerEpoch == 2)
    #expect(plan?.validation == "the training images")
    // The same batches in the same order in every epoch.
    let preparation = trainer.preparation
    func batches(_ epoch: Int) throws -> [[Int]] {
      let iterator = try preparation.loader.epoch(epoch)
      var indices: [[Int]] = []
      while let batch = try iterator.next() { indices.append(batch.indices) }
      return indices
    }
    #expect(try batches(0) == batches(1))
    #expect(try batches(0).count == 2)
  }
}
