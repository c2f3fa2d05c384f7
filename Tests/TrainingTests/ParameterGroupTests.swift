import Checkpoint
import Engine
import Fixtures
import Layers
import Testing

@testable import Training

/// Which parameters are updated how, in a step, in a checkpoint, and after going on.
struct ParameterGroupTests {
  static let graph = Graph(
    inputChannels: 1,
    Sequential([
      "conv": Conv2d(1, 4, kernel: 3), "bn": BatchNorm2d(4), "flatten": Flatten(), "fc": Linear(4 * 14 * 14, 3),
    ]))

  @Test func normsAndBiasesHaveADecayOfTheirOwn() throws {
    var settings = OptimizerSettings(weightDecay: 0.5)
    #expect(try ParameterGroups(settings, Self.graph).groups.count == 1)
    settings.normWeightDecay = 0
    settings.biasWeightDecay = 0.25
    let groups = try ParameterGroups(settings, Self.graph).groups
    #expect(groups.map(\.weightDecay) == [0.5, 0.25, 0])
    #expect(
      groups.map(\.parameters) == [
        ["conv.weight", "fc.weight"], ["conv.bias", "fc.bias"], ["bn.weight", "bn.bias"],
      ])
    settings.overrides = [ParameterOverride(["fc.*"], rateFactor: 10), ParameterOverride(["*"], weightDecay: 0.125)]
    let others = try ParameterGroups(settings, Self.graph)
    #expect(others.groups.map(\.rateFactor) == [1, 10])
    #expect(others.groups.map(\.weightDecay) == [0.125, 0.125])
    let updates = others.updates(learningRate: 0.5, step: 3)
    #expect(updates.groups.map(\.learningRate) == [0.5, 5])
    #expect(updates.groups.allSatisfy { $0.step == 3 && $0.rule == .sgd(momentum: 0.9, weightDecay: 0.125) })
  }

  @Test func aPatternThatFitsNothingIsNamed() throws {
    let settings = OptimizerSettings(overrides: [ParameterOverride(["conv.*", "hat.*"], rateFactor: 2)])
    let error = try #require(throws: TrainingError.self) { try ParameterGroups(settings, Self.graph) }
    #expect(error.message.contains("'hat.*'") && !error.message.contains("'conv.*'"), "\(error.message)")
  }

  @Test(arguments: [
    ("*", "a.b", true), ("a.*", "a.b", true), ("a.*", "ab", false), ("*.bias", "x.y.bias", true), ("?.w", "a.w", true),
    ("?.w", "ab.w", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("", "", true), ("", "a", false),
    ("a**", "a", true), ("a?", "a", false),
  ])
  func patterns(pattern: String, name: String, fits: Bool) {
    #expect(ParameterOverride.matches(pattern, name) == fits)
  }

  /// Groups stand in the checkpoint, and a training that goes on from it, or from it as a `.pth`, ends as one that never
  /// stopped.
  @Test(arguments: ["h5", "pth"]) func groupsSurvive(format: String) throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    let store = RunStore(folder: folder.path("store"))
    var settings = TrainingSettings(
      model: "lenet5", data: data.path, epochs: 2, batchSize: 8,
      optimizer: OptimizerSettings(
        .adamw, learningRate: 0.002, weightDecay: 0.1, biasWeightDecay: 0,
        overrides: [ParameterOverride(["fc3.*"], rateFactor: 8), ParameterOverride(["conv1.*"], rateFactor: 0.5)]),
      schedule: ScheduleSettings(.constant), seed: 5, workers: 1, threads: 1, keepsEveryEpoch: true)
    try Trainer(settings, run: "whole", in: store).train()
    let first = try Snapshot.read(store.resolve("whole@1").path)
    let whole = try Snapshot.read(store.resolve("whole@2").path)
    let groups = try #require(first.optimizer?.groups)
    #expect(groups.count == 6)
    #expect(groups.map { $0.hyperparameters["weight_decay"]?.double } == [0.1, 0, 0.1, 0, 0.1, 0])
    #expect(groups.compactMap { $0.hyperparameters["lr"]?.double } == [0.001, 0.001, 0.002, 0.002, 0.016, 0.016])

    let path = folder.path("first.\(format)")
    let file = try CheckpointFile(opening: store.resolve("whole@1").path)
    try Conversion(of: file, to: try #require(CheckpointFormat(fileName: path))).run(to: path)
    let foreign = try ForeignTraining(opening: path)
    settings.optimizer = foreign.optimizer
    try Trainer(continuing: foreign, settings, run: "rest", in: store).train()
    #expect(ResumeTests.differences(whole, try Snapshot.read(store.resolve("rest@2").path)) == [])
  }
}
