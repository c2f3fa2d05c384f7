import Checkpoint
import Engine
import Fixtures
import Foundation
import Testing
import Zoo

@testable import Training

/// What losses a training has, beyond what the engine computes of them.
struct LossSettingsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func balancedWeightsMakeClassesCountTheSame() throws {
    let names = ["a", "b", "none", "unused 3"]
    let weights = try ClassWeights.balanced.values(counts: [10, 40, 0], classNames: names)
    #expect(weights == [2.5, 0.625, 0, 0])
    #expect(try ClassWeights.equal.values(counts: [10, 40, 0], classNames: names) == [])
    #expect(try ClassWeights.numbers([1, 2, 3, 4]).values(counts: [], classNames: names) == [1, 2, 3, 4])
    let error = try #require(throws: TrainingError.self) {
      try ClassWeights.numbers([1, 2]).values(counts: [], classNames: names)
    }
    #expect(error.message.contains("2 class weights do not fit 4 classes") && error.message.contains("'unused 3'"))
  }

  @Test func weightsAreReadFromTextAndFiles() throws {
    try folder.write("1, 2\n0.5\t3e-1\n", to: "weights.txt")
    try folder.write("1, two", to: "words.txt")
    #expect(try ClassWeights(parsing: "balanced") == .balanced)
    #expect(try ClassWeights(parsing: "1,2.5,0") == .numbers([1, 2.5, 0]))
    #expect(try ClassWeights(parsing: folder.path("weights.txt")) == .numbers([1, 2, 0.5, 0.3]))
    let words = try #require(throws: TrainingError.self) { try ClassWeights(parsing: folder.path("words.txt")) }
    #expect(words.place.hasSuffix("words.txt") && words.message.contains("one number for each class"))
    #expect(throws: TrainingError.self) { try ClassWeights(parsing: "ballanced") }
  }

  private func settings() throws -> TrainingSettings {
    ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
  }

  /// Weights, smoothing, an ignored class and a last batch that is not full.
  @Test func interruptedEqualsUninterrupted() throws {
    var settings = try self.settings()
    settings.loss.classWeights = .numbers([1, 3, 0.5] + [Double](repeating: 1, count: 7))
    settings.loss.ignoredLabel = 2
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")))
  }

  /// The epoch's mean is that of all its images, whatever the batches: with the rate at almost zero it is the same for any
  /// batch size only if a short last batch and the weights in it count rightly.
  @Test func anEpochsLossDoesNotDependOnItsBatches() throws {
    var settings = try self.settings()
    settings.model = TinyModel.entry.name
    settings.augmentation = TrainingSettings.Augmentation.none
    settings.variation = AugmentationSettings()
    settings.optimizer = OptimizerSettings(.sgd, learningRate: 1e-12, momentum: 0, weightDecay: 0)
    settings.epochs = 1
    settings.loss.classWeights = .numbers([1, 7, 0.25] + [Double](repeating: 1, count: 7))
    settings.loss.ignoredLabel = 0
    var losses: [Double] = []
    for (name, size) in [("small", 7), ("large", 60)] {
      settings.batchSize = size
      let trainer = try Trainer(
        settings, run: name, in: RunStore(folder: folder.path("store")), entry: TinyModel.plain)
      try trainer.train()
      losses.append(try #require(trainer.state.training).loss)
    }
    #expect(abs(losses[0] - losses[1]) < 1e-5 * losses[0])
  }

  /// PyTorch's sum over ignored images is 0, and so are its gradients; their mean is none.
  @Test(arguments: [1, 2]) func aBatchOfIgnoredImagesHasASumAndNoMean(accumulate: Int) throws {
    var settings = try self.settings()
    settings.model = TinyModel.plain.name
    settings.batchSize = 1
    settings.gradients.accumulate = accumulate
    settings.epochs = 1
    settings.loss.ignoredLabel = 0
    settings.loss.reduction = .sum
    let store = RunStore(folder: folder.path("store"))
    let trainer = try Trainer(settings, run: "sum", in: store, entry: TinyModel.plain)
    try trainer.train()
    #expect(trainer.state.training?.loss.isFinite == true)
    settings.loss.reduction = .mean
    settings.loss.classWeights = .numbers([1] + [Double](repeating: 0, count: 8) + [1])
    let error = try #require(throws: TrainingError.self) {
      try Trainer(settings, run: "mean", in: store, entry: TinyModel.plain).train()
    }
    #expect(error.message.contains("so its mean loss is none"))
  }

  @Test func nothingToLearnIsSaidAtOnce() throws {
    var settings = try self.settings()
    let tiny = try TinyFolder(in: folder, named: "one", classes: ["a": 8, "b": 8])
    settings.data = tiny.path
    settings.validationShare = 0
    settings.loss.classWeights = .numbers([0, 1])
    settings.batchSize = 1
    let store = RunStore(folder: folder.path("store"))
    // A batch of one image of the class that counts nothing.
    let error = try #require(throws: TrainingError.self) {
      try Trainer(settings, run: "weights", in: store, entry: TinyModel.plain).train()
    }
    #expect(error.code == .mismatch && error.message.contains("larger --batch-size"), "\(error)")
  }
}
