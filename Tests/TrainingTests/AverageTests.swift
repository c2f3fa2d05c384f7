import Checkpoint
import Engine
import Fixtures
import Layers
import Tensors
import Testing
import Zoo

@testable import Training

/// Running averages of weights: timm's numbers (`Goldens/averages.py`), their place in files, and their use.
struct AverageTests {
  struct Recorded: Sendable, Decodable {
    let decay: Double
    /// The net after each step.
    let states: [[String: [Double]]]
    let cases: [Case]

    struct Case: Sendable, Decodable {
      let warmup: Bool
      let copiesStatistics: Bool
      /// After the last step.
      let average: [String: [Double]]
      /// At each step.
      let decays: [Double]
    }
  }

  static let graph = Graph(
    inputChannels: 1,
    Sequential(["0": Conv2d(1, 2, kernel: 2), "1": BatchNorm2d(2), "2": Flatten(), "3": Linear(8, 3)]))

  @Test func averagesAreTimms() throws {
    let recorded = try Golden.load("averages", as: Recorded.self)
    for item in recorded.cases {
      var settings = AverageSettings()
      settings.decay = recorded.decay
      settings.warmup = item.warmup
      settings.statistics = item.copiesStatistics ? .copy : .average
      let network = try Network(Self.graph, options: ExecutionOptions(threads: 1))
      try network.load(Self.graph.initialState(seed: 1))
      _ = try network.trainingProgram(batchSize: 2, inputSize: 3)
      for (step, values) in recorded.states.enumerated() {
        try network.load(Self.state(values))
        let rule = try #require(settings.rule(afterUpdates: step))
        #expect(abs(rule.decay - item.decays[step]) < 1e-12, "step \(step)")
        try network.updateAverage(rule)
      }
      for (name, tensor) in try network.averagedState() {
        let expected = try #require(item.average[name])
        if tensor.dtype == .int64 {
          #expect(tensor.elements(as: Int64.self).map(Double.init) == expected)
        } else {
          let found = tensor.elements(as: Float.self)
          #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 * max(1, abs($1)) }, "\(name)")
        }
      }
    }
  }

  private static func state(_ values: [String: [Double]]) throws -> StateDict {
    var state = StateDict()
    for parameter in graph.parameters {
      let numbers = try #require(values[parameter.name])
      state[parameter.name] =
        parameter.dtype == .int64
        ? Tensor(numbers.map { Int64($0) }, shape: parameter.shape)
        : Tensor(numbers.map { Float($0) }, shape: parameter.shape)
    }
    return state
  }

  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  private func settings() throws -> TrainingSettings {
    var settings = ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
    settings.average.decay = 0.8
    settings.average.warmup = true
    return settings
  }

  @Test(arguments: [1, 2]) func interruptedEqualsUninterrupted(every: Int) throws {
    var settings = try self.settings()
    settings.average.every = every
    settings.gradients.accumulate = every
    try Interruption.changesNothing(settings, in: store)
    let snapshot = try Snapshot.read(store.resolve("whole").path)
    #expect(snapshot.average.names == snapshot.net.names)
    #expect(try !#require(snapshot.average["fc.weight"]).isIdentical(to: #require(snapshot.net["fc.weight"])))
  }

  /// What validation measured is what evaluating the average of the file gives, and the net's own weights give something
  /// else.
  @Test func validationMeasuresTheAverage() throws {
    var settings = try self.settings()
    settings.model = "lenet5"
    settings.classes = nil
    settings.inputSize = nil
    settings.average.decay = 0.99
    settings.average.warmup = false
    let trainer = try Trainer(settings, run: "run", in: store)
    try trainer.train()
    let path = try store.resolve("run@last").path
    var losses: [Double] = []
    for weights in [TrainedModel.Weights.average, .net] {
      let model = try TrainedModel.load(path, weights: weights, options: ExecutionOptions(threads: settings.threads))
      let evaluator = Evaluator(model, batchSize: settings.batchSize, workers: 0)
      losses.append(try evaluator.evaluate(DataSource(settings.data).open(.validation)) { _ in }.metrics.loss)
    }
    let measured = try #require(trainer.state.validation).loss
    #expect(losses[0] == measured)
    #expect(losses[1] != measured)
  }

  /// The average goes along into other formats, where timm's files have it, and can become the net.
  @Test(arguments: ["net.pth", "net.safetensors", "net.npz", "net.h5"])
  func formatsKeepTheAverage(name: String) throws {
    let settings = try self.settings()
    try Trainer(settings, run: "run", in: store, entry: TinyModel.entry).train()
    let source = try CheckpointFile(opening: store.resolve("run").path)
    let path = folder.path(name)
    let format = try #require(CheckpointFormat(fileName: name))
    try Conversion(of: source, to: format).run(to: path)
    let (before, after) = (try source.snapshot().loaded(), try CheckpointFile(opening: path).snapshot())
    let loaded = try after.loaded()
    #expect(loaded.average.names == before.net.names)
    for (name, tensor) in before.average { #expect(loaded.average[name]?.isIdentical(to: tensor) == true, "\(name)") }
    let averaged = try #require(after.averaged).loaded()
    #expect(averaged.optimizer == nil && averaged.average.isEmpty)
    for (name, tensor) in before.average { #expect(averaged.net[name]?.isIdentical(to: tensor) == true, "\(name)") }
  }

  /// An average that the training is too short for is said to be none.
  @Test func tooFewStepsForAnAverageAreSaid() throws {
    var settings = try self.settings()
    settings.average.every = 17
    #expect(
      try Preparation(settings, entry: TinyModel.entry).planNotices == [
        "the average of weights is updated every 17 steps, and the whole training has 16: there will be none"
      ])
    settings.average.every = 16
    #expect(try Preparation(settings, entry: TinyModel.entry).planNotices == [])
  }

  @Test func aFileWithoutAnAverageIsRefused() throws {
    var settings = try self.settings()
    settings.average = AverageSettings()
    try Trainer(settings, run: "run", in: store, entry: TinyModel.entry).train(stopWhen: true)
    let path = try store.resolve("run").path
    #expect(try CheckpointFile(opening: path).snapshot().averaged == nil)
    let error = try #require(throws: TrainingError.self) { try TrainedModel.load(path, weights: .average) }
    #expect(error.message.contains("without '--ema'"))
  }
}
