import Checkpoint
import Engine
import Fixtures
import Foundation
import Testing

@testable import Training

/// One-cycle with a momentum that cycles.
struct MomentumCycleTests {
  private static func settings(_ optimizer: OptimizerSettings, data: String) -> TrainingSettings {
    var settings = ResumeTests.settings(ResumeTests.cases[0], data: data)
    settings.optimizer = optimizer
    settings.schedule = ScheduleSettings(.oneCycle)
    settings.schedule.cyclesMomentum = true
    return settings
  }

  @Test(arguments: [
    OptimizerSettings(.sgd, learningRate: 0.05, nesterov: true), OptimizerSettings(.adamw, learningRate: 0.01),
    OptimizerSettings(.rmsprop, learningRate: 0.005, momentum: 0.5), OptimizerSettings(.lamb, learningRate: 0.01),
  ])
  func interruptedEqualsUninterrupted(optimizer: OptimizerSettings) throws {
    let folder = try TemporaryFolder()
    let settings = Self.settings(optimizer, data: try TinyData(in: folder).path)
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")))
  }

  /// What the engine is told: SGD's momentum or Adam's beta1, in every group; weight decay and rates as they were.
  @Test func everyGroupGetsIt() throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder).path
    for kind in [OptimizerSettings.Kind.sgd, .adam] {
      var optimizer = OptimizerSettings(kind, learningRate: 0.05)
      optimizer.normWeightDecay = 0.5
      let preparation = try Preparation(Self.settings(optimizer, data: data), entry: TinyModel.entry)
      let updates = preparation.groups.updates(learningRate: 0.1, momentum: 0.77, step: 3)
      #expect(updates.groups.count == 2)
      for update in updates.groups {
        switch update.rule {
        case .sgd(let momentum, _, _, _): #expect(kind == .sgd && momentum == 0.77)
        case .adam(let beta1, let beta2, _, _, _, _): #expect(kind == .adam && beta1 == 0.77 && beta2 == 0.999)
        default: Issue.record("\(update.rule)")
        }
      }
    }
  }

  /// The checkpoint's groups have the momentum of the next step, and what OneCycleLR keeps there.
  @Test func checkpointsHoldIt() throws {
    let folder = try TemporaryFolder()
    let settings = Self.settings(OptimizerSettings(.sgd, learningRate: 0.05), data: try TinyData(in: folder).path)
    let store = RunStore(folder: folder.path("store"))
    try Trainer(settings, run: "r", in: store, entry: TinyModel.entry).train()
    let snapshot = try Snapshot.read(store.resolve("r@1").path)
    let group = try #require(snapshot.optimizer?.groups.first?.hyperparameters)
    let schedule = Schedule(settings.schedule, learningRate: 0.05, epochs: 2, stepsPerEpoch: 8)
    #expect(group["momentum"]?.double == schedule.momentum(atStep: 8))
    #expect(group["max_momentum"]?.double == 0.95 && group["base_momentum"]?.double == 0.85)
    #expect(snapshot.schedule["cycle_momentum"] == true && snapshot.schedule["use_beta1"] == false)
    #expect(schedule.momentum(atStep: 0) == 0.95 && schedule.momentum(atStep: 100) == 0.95)
  }

  @Test(arguments: [
    (OptimizerSettings(.sgd, momentum: 0), "the momentum is 0"), (OptimizerSettings(.adagrad), "has no momentum"),
    (OptimizerSettings(.nadam), "changes its momentum by itself"),
  ])
  func refuses(optimizer: OptimizerSettings, message: String) throws {
    let error = try #require(throws: TrainingError.self) { try Self.settings(optimizer, data: "x").validate() }
    #expect("\(error)".contains(message), "\(error)")
  }
}
