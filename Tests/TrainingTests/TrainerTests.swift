import Checkpoint
import Datasets
import Fixtures
import Foundation
import Tensors
import Testing
import Zoo

@testable import Training

/// What a training does beside computing: its run, its checkpoints, and how it ends.
struct TrainerTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  func settings(epochs: Int = 2, classes: Int = 3) throws -> TrainingSettings {
    TrainingSettings(
      model: TinyModel.entry.name, data: try TinyData(in: folder, classes: classes).path, epochs: epochs, batchSize: 8,
      optimizer: OptimizerSettings(learningRate: 0.05), augmentation: TrainingSettings.Augmentation.none, workers: 1,
      threads: 1)
  }

  func trainer(_ settings: TrainingSettings, run: String = "run") throws -> Trainer {
    try Trainer(settings, run: run, in: store, entry: TinyModel.entry)
  }

  func resumed(_ reference: String, _ change: (inout ResumeChanges) -> Void = { _ in }) throws -> Trainer {
    var changes = ResumeChanges()
    change(&changes)
    return try Trainer(resuming: reference, in: store, changing: changes, entry: TinyModel.entry)
  }

  @Test func itLearnsAndKeepsBestAndLast() throws {
    var events: [String] = []
    var images = 0
    let trainer = try self.trainer(settings(epochs: 4))
    let outcome = try trainer.train { event in
      switch event {
      case .started(let plan):
        #expect(plan.trainingImages == 60 && plan.validationImages == 15 && plan.classCount == 10)
        events.append("started")
      case .step(let progress): images = progress.metrics.count
      case .epoch(let report):
        // The last batch is not full, and counts.
        #expect(images == 60)
        events.append("epoch \(report.epoch)")
      default: break
      }
    }
    #expect(outcome == .finished)
    #expect(events == ["started", "epoch 1", "epoch 2", "epoch 3", "epoch 4"])
    // Squares in different places are easy: chance is a third.
    #expect(trainer.state.best.map { $0.metrics.top1 > 0.9 } == true)
    #expect(try trainer.run.labels() == [.last, .best])

    let whole = try RunLog.entries(at: trainer.run.logPath)
    // Epochs of eight steps log every one.
    #expect(whole.count { $0["event"] == "step" } == 32)
    let log = whole.filter { $0["event"] != "step" }
    #expect(
      log.compactMap { $0["event"]?.string } == ["start", "ready", "epoch", "epoch", "epoch", "epoch", "finished"])
    #expect(log.compactMap { $0["step"]?.integer } == [0, 0, 8, 16, 24, 32, 32])
  }

  @Test func aLossThatIsNotFiniteStopsAndKeepsTheLastCheckpoint() throws {
    var settings = try self.settings(epochs: 3)
    // The first epoch at 1e-3, the second at 100.
    settings.optimizer.learningRate = 100
    settings.schedule = ScheduleSettings(.constant, unit: .epoch, warmupEpochs: 1, warmupFactor: 1e-5)
    let trainer = try self.trainer(settings)
    let error = try #require(throws: TrainingError.self) { try trainer.train() }
    #expect(error.code == .diverged)
    #expect(error.place.hasPrefix("epoch 2, step "), "\(error.place)")
    #expect(error.message.contains("run@last"))
    let kept = try Snapshot.read(store.resolve("run@last").path)
    #expect(kept.position == TrainingPosition(epoch: 1, step: 8))
    #expect(kept.net.nameOfNonFinite == nil)
  }

  @Test func twoTrainingsDoNotShareARun() throws {
    let first = try trainer(settings())
    try first.train(stopWhen: first.state.step == 2)
    let busy = try #require(throws: CheckpointError.self) { try resumed("run") }
    #expect(busy.code == .busy)
    let exists = try #require(throws: CheckpointError.self) { try trainer(settings()) }
    #expect(exists.code == .exists)
  }

  @Test func aFinishedRunGoesOnWithMoreEpochsOnly() throws {
    try trainer(settings()).train()
    let error = try #require(throws: TrainingError.self) { try resumed("run") }
    #expect(error.code == .run)
    #expect(error.message.contains("--epochs"))
    var notices: [String] = []
    let more = try resumed("run") { $0.epochs = 3 }
    try more.train { if case .notice(let text) = $0 { notices.append(text) } }
    #expect(more.state.epochsDone == 3)
    #expect(notices.count == 1 && notices[0].contains("epochs changed from 2 to 3"), "\(notices)")
    #expect(try more.run.settings()["epochs"] == 3)
  }

  @Test func aRunWithoutACheckpointBeginsAnew() throws {
    let whole = try trainer(settings(), run: "whole")
    try whole.train()
    // Made, but killed before anything was saved.
    _ = try trainer(settings(), run: "empty")
    let again = try resumed("empty")
    #expect(try again.train() == .finished)
    let (first, second) = (
      try Snapshot.read(store.resolve("whole").path), try Snapshot.read(store.resolve("empty").path)
    )
    #expect(ResumeTests.differences(first, second) == [])
  }

  @Test func otherClassesAreRefused() throws {
    let settings = try self.settings()
    var trainer: Trainer? = try self.trainer(settings)
    try trainer?.train(stopWhen: true)
    trainer = nil
    let other = try TinyFolder(in: folder, named: "other", classes: ["0": 4, "1": 4, "x": 4])
    let error = try #require(throws: TrainingError.self) { try resumed("run") { $0.data = other.path } }
    #expect(error.code == .mismatch)
    #expect(error.message.contains("new: 'x'"), "\(error.message)")
  }

  @Test func validationIsPutAsideWhenThereIsNone() throws {
    let data = try TinyFolder(in: folder, named: "folder", classes: ["a": 20, "b": 10, "c": 1])
    var settings = try self.settings()
    settings.data = data.path
    settings.validationShare = 0.2
    var plan: TrainingPlan?
    try trainer(settings).train(stopWhen: true) { if case .started(let value) = $0 { plan = value } }
    // 4 of a and 2 of b; the only c stays for training.
    #expect(plan?.validationImages == 6)
    #expect(plan?.trainingImages == 25)
  }

  @Test func aClassThatTrainingHasNotIsNamed() throws {
    var settings = try self.settings()
    settings.data = try TinyFolder(in: folder, named: "t", classes: ["a": 2, "b": 2]).path
    settings.validation = try TinyFolder(in: folder, named: "v", classes: ["a": 2, "z": 2]).path
    let error = try #require(throws: DatasetsError.self) { try trainer(settings) }
    #expect(error.code == .classes)
    #expect(error.message.contains("'z'"))
    #expect(!FileManager.default.fileExists(atPath: store.folder), "wrong settings leave nothing behind")
  }

  @Test func corruptImagesAreNamedOrLeftOut() throws {
    var settings = try self.settings(epochs: 1)
    settings.data = try TinyFolder(in: folder, named: "t", classes: ["a": 4, "b": 4]).path
    settings.validationShare = 0
    try folder.write("no image", to: "t/a/bad.jpg")
    let error = try #require(throws: DatasetsError.self) { try trainer(settings, run: "fails").train() }
    #expect(error.location.hasSuffix("t/a/bad.jpg"))
    settings.skipsCorruptImages = true
    var notices: [String] = []
    try trainer(settings, run: "skips").train { if case .notice(let text) = $0 { notices.append(text) } }
    #expect(notices.count == 1 && notices[0].contains("bad.jpg"))
  }

  /// resnet18 normalises 1×1 maps of a 32×32 image: PyTorch refuses a batch of one there, in the middle of the epoch.
  @Test func aLastBatchThatCannotBeNormalisedIsLeftOut() throws {
    let data = try TinyFolder(in: folder, named: "t", classes: ["a": 5, "b": 4]).path
    var settings = TrainingSettings(
      model: "resnet18", data: data, validationShare: 0, batchSize: 8, inputSize: 32, workers: 0, threads: 1)
    var preparation = try Preparation(settings)
    #expect(preparation.leavesOutLastImage && preparation.stepsPerEpoch == 1 && preparation.imagesPerEpoch == 8)
    settings.inputSize = 64
    preparation = try Preparation(settings)
    #expect(!preparation.leavesOutLastImage && preparation.stepsPerEpoch == 2 && preparation.imagesPerEpoch == 9)
  }

  @Test func tooFewClassesAreRefused() throws {
    var settings = try self.settings()
    settings.classes = 2
    let error = try #require(throws: TrainingError.self) { try trainer(settings) }
    #expect(error.code == .mismatch)
  }
}
