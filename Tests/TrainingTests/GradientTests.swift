import Checkpoint
import Datasets
import Fixtures
import Tensors
import Testing
import Zoo

@testable import Training

/// Steps of several batches, and clipped ones.
struct GradientTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  private func settings() throws -> TrainingSettings {
    ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
  }

  /// Eight batches, the last not full: steps of three, three and two batches. A stop in the middle of a step waits for its
  /// end.
  @Test(arguments: [nil, 0.5])
  func interruptedEqualsUninterrupted(clipNorm: Double?) throws {
    var settings = try self.settings()
    settings.gradients.accumulate = 3
    settings.gradients.clipNorm = clipNorm
    settings.loss.classWeights = .balanced
    try Interruption.changesNothing(settings, in: store, atBatches: [1, 5])
    let state = try Trainer(resuming: "whole@1", in: store, entry: TinyModel.entry).state
    #expect(state.step == 3)
  }

  @Test func clippedByValueTrainingIsInterruptible() throws {
    var settings = try self.settings()
    settings.gradients.clipValue = 0.01
    try Interruption.changesNothing(settings, in: store)
  }

  /// 60 images in batches of 7: steps of 21, 21 and 18 images, the last one's last batch of 4. Where images are computed by
  /// themselves, that is a training with batches of 21.
  @Test func batchesOfAStepAreOneLargeBatch() throws {
    var settings = try self.settings()
    settings.model = TinyModel.plain.name
    settings.epochs = 2
    settings.optimizer = OptimizerSettings(.adam, learningRate: 0.01)
    settings.loss.classWeights = .numbers([1, 5, 0.5] + [Double](repeating: 1, count: 7))
    settings.loss.ignoredLabel = 9
    var nets: [Snapshot] = []
    for (name, batch, count) in [("large", 21, 1), ("small", 7, 3)] {
      settings.batchSize = batch
      settings.gradients.accumulate = count
      let trainer = try Trainer(settings, run: name, in: store, entry: TinyModel.plain)
      var steps: [Int] = []
      try trainer.train { if case .step(let progress) = $0 { steps.append(progress.metrics.count) } }
      #expect(steps == [21, 42, 60, 21, 42, 60] && trainer.state.step == 6)
      nets.append(try Snapshot.read(store.resolve(name).path))
    }
    for (name, tensor) in nets[0].net {
      let other = try #require(nets[1].net[name]).elements(as: Float.self)
      #expect(zip(tensor.elements(as: Float.self), other).allSatisfy { abs($0 - $1) < 2e-5 }, "\(name)")
    }
  }

  /// Mixed images, their targets, and smoothing, in steps of several batches.
  @Test func mixedTrainingIsInterruptible() throws {
    var settings = try self.settings()
    settings.gradients.accumulate = 2
    settings.mixing = BatchMixing(mixupAlpha: 0.3, cutmixAlpha: 1)
    settings.loss.classWeights = .balanced
    try Interruption.changesNothing(settings, in: store)
  }

  @Test func theGradientsLengthIsTold() throws {
    var settings = try self.settings()
    settings.gradients.clipNorm = 1e-3
    settings.epochs = 1
    var lengths: [Double] = []
    try Trainer(settings, run: "clipped", in: store, entry: TinyModel.entry).train {
      if case .step(let progress) = $0, let norm = progress.gradientNorm { lengths.append(norm) }
    }
    #expect(lengths.count == 8 && lengths.allSatisfy { $0 > 1e-3 })
  }
}
