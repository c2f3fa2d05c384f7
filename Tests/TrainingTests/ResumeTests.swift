import Checkpoint
import Fixtures
import Tensors
import Testing
import Zoo

@testable import Training

/// Resuming must equal never having stopped: every byte of the net and of the optimizer, with augmentation, batch
/// normalisation, dropout and several workers.
struct ResumeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let optimizer: OptimizerSettings
    let testDescription: String
  }

  static let cases = [
    Case(
      optimizer: OptimizerSettings(.sgd, learningRate: 0.05, nesterov: true), testDescription: "sgd with nesterov"),
    Case(optimizer: OptimizerSettings(.adam, learningRate: 0.002, weightDecay: 1e-3), testDescription: "adam"),
    Case(optimizer: OptimizerSettings(.adamw, learningRate: 0.002, amsgrad: true), testDescription: "adamw, amsgrad"),
    Case(
      optimizer: OptimizerSettings(.rmsprop, learningRate: 1e-3, momentum: 0.9, centered: true),
      testDescription: "rmsprop, centered, with momentum"),
    Case(
      optimizer: OptimizerSettings(.adagrad, rateDecay: 0.1, initialAccumulator: 0.1), testDescription: "adagrad"),
    Case(optimizer: OptimizerSettings(.nadam), testDescription: "nadam"),
    Case(optimizer: OptimizerSettings(.lion, weightDecay: 0.1), testDescription: "lion"),
    Case(optimizer: OptimizerSettings(.lamb, learningRate: 0.01), testDescription: "lamb"),
  ]

  static func settings(_ item: Case, data: String) -> TrainingSettings {
    var settings = TrainingSettings(
      model: TinyModel.entry.name, data: data, epochs: 2, batchSize: 8, optimizer: item.optimizer,
      schedule: ScheduleSettings(.cosine, warmupEpochs: 0.5), labelSmoothing: 0.1, augmentation: .crop, seed: 11,
      workers: 2, threads: 2, keepsEveryEpoch: true)
    settings.variation.policy = .trivial
    settings.variation.colorJitter = [0.4, 0.4, 0.4, 0.1]
    settings.variation.rotation = 10
    settings.variation.erasing = 0.5
    return settings
  }

  /// Two epochs of 8 batches, the last not full; interrupted twice in the first epoch, and once in a validation.
  @Test(arguments: cases)
  func interruptedEqualsUninterrupted(item: Case) throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    let settings = Self.settings(item, data: data.path)
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")))
  }

  /// A plateau's memory is part of the checkpoint: with a factor and no patience, the rate falls in between.
  @Test func plateausResumeExactly() throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    var settings = Self.settings(Self.cases[0], data: data.path)
    settings.epochs = 5
    settings.schedule = ScheduleSettings(.plateau)
    settings.schedule.plateau.factor = 0.5
    settings.schedule.plateau.patience = 0
    settings.schedule.plateau.threshold = 0.5
    let store = RunStore(folder: folder.path("store"))
    var whole: Trainer? = try Trainer(settings, run: "whole", in: store, entry: TinyModel.entry)
    try whole?.train()
    let expected = whole?.state.plateau
    whole = nil
    #expect((expected?.rate ?? 1) < settings.optimizer.learningRate)

    var parts: Trainer? = try Trainer(settings, run: "parts", in: store, entry: TinyModel.entry)
    for step in [9, 20, 30] {
      #expect(try parts?.train(stopWhen: parts?.state.step == step) == .stopped)
      parts = nil
      parts = try Trainer(resuming: "parts", in: store, entry: TinyModel.entry)
    }
    try parts?.train()
    #expect(parts?.state.plateau == expected)
    parts = nil
    let snapshots = try ["whole", "parts"].map { try Snapshot.read(store.resolve($0).path) }
    #expect(Self.differences(snapshots[0], snapshots[1]) == [])
    #expect(snapshots[0].schedule["kind"] == "ReduceLROnPlateau" && snapshots[0].schedule == snapshots[1].schedule)
  }

  @Test func workersChangeNothing() throws {
    let folder = try TemporaryFolder()
    let data = try TinyData(in: folder)
    let store = RunStore(folder: folder.path("store"))
    var settings = Self.settings(Self.cases[0], data: data.path)
    var snapshots: [Snapshot] = []
    for workers in [0, 1, 3] {
      settings.workers = workers
      try Trainer(settings, run: "workers-\(workers)", in: store, entry: TinyModel.entry).train()
      snapshots.append(try Snapshot.read(store.resolve("workers-\(workers)").path))
    }
    #expect(Self.differences(snapshots[0], snapshots[1]) == [])
    #expect(Self.differences(snapshots[0], snapshots[2]) == [])
  }

  /// The names of all tensors that differ in a byte, and `[]` for equal snapshots.
  static func differences(_ first: Snapshot, _ second: Snapshot) -> [String] {
    var names: [String] = []
    if first.net.names != second.net.names { names.append("names") }
    for (name, tensor) in first.net where second.net[name]?.isIdentical(to: tensor) != true { names.append(name) }
    if first.average.names != second.average.names { names.append("average") }
    for (name, tensor) in first.average where second.average[name]?.isIdentical(to: tensor) != true {
      names.append("average of \(name)")
    }
    let (left, right) = (first.optimizer?.state ?? [:], second.optimizer?.state ?? [:])
    if left.isEmpty || left.keys.sorted() != right.keys.sorted() { names.append("optimizer") }
    for (name, slots) in left {
      for (slot, tensor) in slots where right[name]?[slot]?.isIdentical(to: tensor) != true {
        names.append("\(name) \(slot)")
      }
    }
    return names
  }
}
