import Checkpoint
import Datasets
import Engine
import Fixtures
import Layers
import Tensors
import Testing
import Zoo

@testable import Training

struct WeightAverageTests {
  let folder: TemporaryFolder
  let store: RunStore
  let settings: TrainingSettings

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
    settings = TrainingSettings(
      model: TinyModel.entry.name, data: try TinyData(in: folder).path, epochs: 3, batchSize: 8,
      optimizer: OptimizerSettings(learningRate: 0.05), augmentation: TrainingSettings.Augmentation.none, workers: 1,
      threads: 1, keepsEveryEpoch: true)
    try Trainer(settings, run: "r", in: store, entry: TinyModel.entry).train()
  }

  private func file(_ reference: String) throws -> (name: String, file: CheckpointFile) {
    (reference, try CheckpointFile(opening: store.resolve(reference).path))
  }

  @Test func weightsAreTheMean() throws {
    let average = try WeightAverage(of: ["r@1", "r@2", "r@3"].map(file))
    let nets = try (1...3).map { try Snapshot.read(store.resolve("r@\($0)").path).net }
    for name in ["conv.weight", "fc.bias", "bn.weight"] {
      let numbers = nets.compactMap { $0[name]?.elements(as: Float.self) }
      let expected = numbers[0].indices.map { index in
        Float(numbers.reduce(0.0) { $0 + Double($1[index]) } / 3)
      }
      #expect(average.snapshot.net[name]?.elements(as: Float.self) == expected, "\(name)")
    }
    #expect(average.needsStatistics && average.snapshot.optimizer == nil && average.snapshot.position == nil)
    #expect(try average.snapshot.classNames == Snapshot.read(store.resolve("r@1").path).classNames)
  }

  /// Of checkpoints with an average of their own, that is averaged when it is asked for.
  @Test func averagesAreAveraged() throws {
    var settings = settings
    settings.average.decay = 0.9
    try Trainer(settings, run: "e", in: store, entry: TinyModel.entry).train()
    let files = try ["e@1", "e@3"].map(file)
    #expect(try WeightAverage(of: files).leavesOutAverages)
    #expect(try !WeightAverage(of: ["r@1", "r@3"].map(file)).leavesOutAverages)
    let average = try WeightAverage(of: files, weights: .average)
    let own = try [1, 3].map { try Snapshot.read(store.resolve("e@\($0)").path).average["fc.weight"] }
    let numbers = try own.map { try #require($0).elements(as: Float.self) }
    let expected = zip(numbers[0], numbers[1]).map { Float((Double($0) + Double($1)) / 2) }
    #expect(average.snapshot.net["fc.weight"]?.elements(as: Float.self) == expected && !average.leavesOutAverages)
    #expect(throws: TrainingError.self) { try WeightAverage(of: ["r@1", "r@3"].map(self.file), weights: .average) }
  }

  /// What a forward pass in training leaves of statistics that were 0: a tenth of the batch's own.
  @Test func statisticsAreThoseOfTheAveragedNet() throws {
    var average = try WeightAverage(of: ["r@1", "r@3"].map(file))
    try average.measureStatistics(data: nil, batches: 3, changing: ResumeChanges(), entry: TinyModel.entry) { _, _ in }
    let preparation = try Preparation(settings, entry: TinyModel.entry)
    let network = try preparation.network()
    let iterator = try preparation.loader.epoch(0)
    defer { iterator.cancel() }
    var sums = [[Double]](repeating: [Double](repeating: 0, count: 4), count: 2)
    let names = ["bn.running_mean", "bn.running_var"]
    for step in 0..<3 {
      var net = average.snapshot.net
      for name in names { net[name] = Tensor(zeros: [4]) }
      try network.load(net)
      let batch = try #require(try iterator.next())
      try network.trainingProgram(batchSize: 8, inputSize: 16).observe(images: batch.images, step: step)
      let state = try network.state()
      for (which, name) in names.enumerated() {
        for (index, number) in try #require(state[name]).elements(as: Float.self).enumerated() {
          sums[which][index] += Double(number) / 0.1 / 3
        }
      }
    }
    for (which, name) in names.enumerated() {
      let found = try #require(average.snapshot.net[name]).elements(as: Float.self)
      for (found, expected) in zip(found, sums[which]) {
        #expect(abs(Double(found) - expected) <= 1e-5 * max(abs(expected), 0.1), "\(name)")
      }
    }
    #expect(average.snapshot.net["bn.num_batches_tracked"]?.elements(as: Int64.self) == [3])
  }

  @Test func othersAreRefused() throws {
    var other = try Snapshot.read(store.resolve("r@1").path)
    other.net["fc.bias"] = Tensor(zeros: [4])
    try other.write(to: folder.path("other.h5"))
    let file = (name: "other.h5", file: try CheckpointFile(opening: folder.path("other.h5")))
    #expect(throws: TrainingError.self) { try WeightAverage(of: [self.file("r@1"), file]) }
    #expect(throws: TrainingError.self) { try WeightAverage(of: [self.file("r@1")]) }
  }

  @Test func pruningKeepsWhatIsNeeded() throws {
    let run = try store.run("r")
    #expect(try run.superfluous(keepingEpochs: 1).map(\.name) == ["1.h5", "2.h5"])
    try folder.write("left", to: "store/r/.last.h5.abc.tmp")
    let files = try run.superfluous(keepingEpochs: 0)
    #expect(files.map(\.name) == ["1.h5", "2.h5", "3.h5", ".last.h5.abc.tmp"])
    // The third is the last too, under another name.
    #expect(files.map { $0.byteCount > 0 } == [true, true, false, true])
    try run.remove(files)
    #expect(try run.labels() == [.last, .best])
    _ = try Snapshot.read(run.path(of: .last))
  }
}
