import Checkpoint
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

@testable import Training

/// Trainings that begin with a file's weights, and those in which a part keeps its values.
struct FineTuningTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  private func settings() throws -> TrainingSettings {
    var settings = ResumeTests.settings(
      ResumeTests.cases[0], data: try TinyFolder(in: folder, named: "data", classes: ["a": 12, "b": 12, "c": 12]).path)
    settings.validationShare = 0.2
    return settings
  }

  /// A file of the tiny net for five classes, with one tensor missing, one too many, and one of half precision.
  private func weights() throws -> (path: String, net: StateDict) {
    var arguments = TinyModel.entry.defaultArguments
    arguments.numClasses = 5
    var net = try TinyModel.entry.build(arguments).initialState(seed: 99)
    net["bn.running_mean"] = Tensor([1, 2, 3, 4] as [Float], shape: [4])
    net["bn.num_batches_tracked"] = nil
    net["extra"] = Tensor(zeros: [2])
    net["conv.bias"] = try #require(net["conv.bias"]?.converted(to: .float16)).tensor
    let path = folder.path("weights.h5")
    try Snapshot(net: net).write(to: path)
    return (path, net)
  }

  @Test func whatFitsIsLoadedAndTheHeadBeginsAnew() throws {
    let (path, net) = try weights()
    var settings = try self.settings()
    settings.weights = path
    var notices: [String] = []
    let trainer = try Trainer(settings, run: "run", in: store, entry: TinyModel.entry)
    try trainer.train(stopWhen: true) { if case .notice(let text) = $0 { notices.append(text) } }
    #expect(notices.count == 3)
    #expect(notices.first?.hasSuffix("loaded 7 of 9 tensors, 1 of them converted from float16") == true, "\(notices)")
    // A count of batches that old files lack is 0.
    #expect(
      notices.dropFirst().first == "new (2): fc.weight [3, 64] ([5, 64] in the file), fc.bias [3] ([5] in the file)")
    #expect(notices.last == "not in the network (1): extra")
    let start = try Snapshot.read(store.resolve("run").path).net
    for name in ["conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"] {
      #expect(try #require(start[name]).isIdentical(to: #require(net[name])), "\(name)")
    }
    #expect(
      start["conv.bias"]?.elements(as: Float.self)
        == net["conv.bias"]?.converted(to: .float32)?.tensor.elements(as: Float.self))
    // As without a file, for the same seed.
    settings.weights = nil
    try Trainer(settings, run: "drawn", in: store, entry: TinyModel.entry).train(stopWhen: true)
    let drawn = try Snapshot.read(store.resolve("drawn").path).net
    #expect(try #require(start["fc.weight"]).isIdentical(to: #require(drawn["fc.weight"])))
  }

  /// The best epoch was chosen by the average, so that is what a training begins with.
  @Test(arguments: [true, false]) func anAverageIsTakenWhereThereIsOne(takesAverage: Bool) throws {
    var settings = try self.settings()
    settings.average.decay = 0.9
    try Trainer(settings, run: "before", in: store, entry: TinyModel.entry).train()
    settings.average.decay = nil
    settings.weights = try store.resolve("before@best").path
    settings.startsFromAverage = takesAverage
    var notices: [String] = []
    try Trainer(settings, run: "after", in: store, entry: TinyModel.entry).train(stopWhen: true) {
      if case .notice(let text) = $0 { notices.append(text) }
    }
    #expect(notices.count == 1 && notices[0].contains("from its average of weights") == takesAverage, "\(notices)")
    let before = try Snapshot.read(store.resolve("before@best").path)
    let start = try Snapshot.read(store.resolve("after").path).net
    for (name, tensor) in takesAverage ? before.average : before.net {
      #expect(start[name]?.isIdentical(to: tensor) == true, "\(name)")
    }
    #expect(try #require(before.average["fc.weight"]).isIdentical(to: #require(before.net["fc.weight"])) == false)
  }

  /// A last batch of one image is no trouble for normalisations that keep their statistics.
  @Test func fixedNormalisationsTrainOnOneImage() throws {
    let data = try TinyFolder(in: folder, named: "nine", classes: ["a": 5, "b": 4]).path
    var settings = TrainingSettings(
      model: "resnet18", data: data, validationShare: 0, batchSize: 8, inputSize: 32, workers: 0, threads: 1)
    #expect(try Preparation(settings).planNotices.count == 1)
    settings.freezing.parameters = ["conv1.*", "bn1.*", "layer*"]
    #expect(try Preparation(settings).leavesOutLastImage)
    settings.freezing.fixesStatistics = true
    let preparation = try Preparation(settings)
    #expect(!preparation.leavesOutLastImage && preparation.imagesPerEpoch == 9 && preparation.planNotices == [])
    // One that learns is enough.
    settings.freezing.parameters = ["conv1.*", "bn1.*", "layer1.*", "layer2.*", "layer3.*", "layer4.0.*"]
    #expect(try Preparation(settings).leavesOutLastImage)
  }

  @Test func whatFitsNowhereIsRefused() throws {
    var settings = try self.settings()
    settings.weights = folder.path("other.h5")
    try Snapshot(net: ["module.conv.weight": Tensor(zeros: [4, 1, 3, 3]), "fc.bias": Tensor(zeros: [3])]).write(
      to: folder.path("other.h5"))
    let error = try #require(throws: TrainingError.self) {
      try Trainer(settings, run: "run", in: store, entry: TinyModel.entry)
    }
    #expect(error.place.hasSuffix("other.h5") && error.message.contains("has no weights for 'tiny'"), "\(error)")
    #expect(error.message.contains("'module.conv.weight' [4, 1, 3, 3]"))
    #expect(!FileManager.default.fileExists(atPath: store.folder), "wrong settings leave nothing behind")
  }

  @Test func aRunBeforeItsFirstCheckpointBeginsWithTheFileAgain() throws {
    var settings = try self.settings()
    settings.weights = try weights().path
    try Trainer(settings, run: "whole", in: store, entry: TinyModel.entry).train()
    _ = try Trainer(settings, run: "empty", in: store, entry: TinyModel.entry)
    try Trainer(resuming: "empty", in: store, entry: TinyModel.entry).train()
    let (first, second) = (
      try Snapshot.read(store.resolve("whole").path), try Snapshot.read(store.resolve("empty").path)
    )
    #expect(ResumeTests.differences(first, second) == [])
  }

  /// The convolution and the normalisation are frozen; the statistics stay only when that is asked for.
  @Test(arguments: [false, true]) func frozenPartsStay(fixesStatistics: Bool) throws {
    var settings = try self.settings()
    settings.freezing.parameters = ["conv.*", "bn.*"]
    settings.freezing.fixesStatistics = fixesStatistics
    settings.weights = try weights().path
    settings.average.decay = 0.5
    settings.gradients.clipNorm = 1
    try Interruption.changesNothing(settings, in: store, atBatches: [1, 3])
    try Trainer(settings, run: "start", in: store, entry: TinyModel.entry).train(stopWhen: true)
    let (start, end) = (try Snapshot.read(store.resolve("start").path), try Snapshot.read(store.resolve("whole").path))
    let same = try Set(start.net.names.filter { try #require(start.net[$0]).isIdentical(to: #require(end.net[$0])) })
    let parameters: Set = ["conv.weight", "conv.bias", "bn.weight", "bn.bias"]
    let statistics: Set = ["bn.running_mean", "bn.running_var", "bn.num_batches_tracked"]
    #expect(same == (fixesStatistics ? parameters.union(statistics) : parameters))
    #expect(end.optimizer?.state.keys.sorted() == ["fc.bias", "fc.weight"])
  }

  @Test func patternsThatFreezeNothingOrEverythingAreRefused() throws {
    var settings = try self.settings()
    settings.freezing.parameters = ["conv.*", "bn.weight"]
    settings.freezing.fixesStatistics = true
    let statistics = try #require(throws: TrainingError.self) { try Preparation(settings, entry: TinyModel.entry) }
    #expect(statistics.message.contains("no batch normalisation has its scale and shift both frozen"))
    settings.freezing.fixesStatistics = false
    for (patterns, message) in [
      (["fc.*", "convv.*"], "'convv.*', which fits no parameter"), (["*"], "all 6 parameters are frozen"),
    ] {
      settings.freezing.parameters = patterns
      let error = try #require(throws: TrainingError.self) { try Preparation(settings, entry: TinyModel.entry) }
      #expect(error.message.contains(message), "\(error)")
    }
  }

  /// The size found fits, and the next one would not, unless there are no more images.
  @Test(arguments: [400_000, 1_000_000, 1 << 40]) func theBatchSizeFollowsFromMemory(byteCount: Int) throws {
    var settings = try self.settings()
    settings.average.decay = 0.9
    let found = try settings.fitting(byteCount: byteCount, entry: TinyModel.entry)
    #expect(try TrialStep(found, entry: TinyModel.entry).memory.total <= byteCount)
    #expect(found.batchSize >= 2)
    var larger = found
    larger.batchSize += found.batchSize < 8 ? 1 : 8
    // 30 images train.
    #expect(byteCount < 1 << 40 || found.batchSize == 24)
    if larger.batchSize <= 30 {
      #expect(try TrialStep(larger, entry: TinyModel.entry).memory.total > byteCount, "\(found.batchSize)")
    }
    let error = try #require(throws: TrainingError.self) {
      try settings.fitting(byteCount: 1000, entry: TinyModel.entry)
    }
    #expect(error.message.contains("batches of two images"))
    // As many images are learned by heart as the size of a batch asks for.
    settings.overfitBatches = 1
    #expect(try settings.fitting(byteCount: byteCount, entry: TinyModel.entry).batchSize == found.batchSize)
  }

  @Test func aTrialLeavesNothingBehind() throws {
    var settings = try self.settings()
    settings.gradients.accumulate = 2
    settings.average.decay = 0.9
    let trial = try TrialStep(settings, entry: TinyModel.entry)
    #expect(trial.loss.isFinite && trial.validationLoss?.isFinite == true)
    // 4·9 + 4 of the convolution, 4·4 + 1 counter of 8 bytes, 64·3 + 3 of the classifier.
    #expect(trial.memory.parameters == 4 * (40 + 16 + 195) + 8)
    #expect(trial.memory.optimizer == 4 * (40 + 8 + 195))
    #expect(trial.memory.gradientsAndAverage == trial.memory.optimizer + trial.memory.parameters)
    #expect(trial.memory.activations > 0 && trial.plan.trainingImages == 30)
    #expect(!FileManager.default.fileExists(atPath: store.folder))
    // It is the first step of the training, of two batches.
    var first: Double?
    let trainer = try Trainer(settings, run: "run", in: store, entry: TinyModel.entry)
    try trainer.train(stopWhen: trainer.state.step == 1) {
      if case .step(let progress) = $0 { first = progress.metrics.loss }
    }
    #expect(first == trial.loss)
  }
}
