import OrderedCollections
import Tensors
import Testing

@testable import Checkpoint

/// Trainings that scripts of PyTorch saved: the optimizer's state finds its parameters, or is left alone.
@Suite struct TorchTrainingTests {
  static let parameters = [
    "scale", "features.0.weight", "features.0.bias", "features.1.weight", "features.1.bias", "classifier.weight",
    "classifier.bias",
  ]

  @Test func momentum() throws {
    let file = try TorchGoldens.open("sgd")
    let snapshot = try file.snapshot()
    #expect(Array(snapshot.net.keys).prefix(3) == ["scale", "table", "features.0.weight"])
    let optimizer = try #require(snapshot.metadata.optimizer)
    #expect(optimizer.kind == "sgd" && optimizer.step == 0)
    #expect(optimizer.groups.map(\.parameters) == [Self.parameters])
    let settings = optimizer.groups[0].hyperparameters
    #expect(settings["lr"] == 0.1 && settings["momentum"] == 0.9 && settings["nesterov"] == true)
    #expect(snapshot.optimizerState.keys.elementsEqual(Self.parameters))
    for (name, slots) in snapshot.optimizerState {
      #expect(Array(slots.keys) == ["momentum_buffer"])
      #expect(slots["momentum_buffer"]?.shape == snapshot.net[name]?.shape, "\(name)")
    }
    #expect(snapshot.metadata.position == TrainingPosition(epoch: 3, step: 0))
    #expect(snapshot.metadata.architecture == "net")
    #expect(
      snapshot.metadata.schedule["kind"] == "MultiStepLR" && snapshot.metadata.schedule["milestones"] == [30, 60])
    #expect(snapshot.metadata.schedule["last_epoch"] == 3)
    #expect(snapshot.metadata.metrics == ["val_loss": 0.25])
    #expect(
      snapshot.others.entries?.compactMap(\.key.string) == [
        "best_acc1", "args", "rng_state",
      ])
    #expect(Array(snapshot.otherTensors.keys) == ["best_acc1", "rng_state"])
    #expect(try snapshot.otherTensors["best_acc1"]?.tensor().elements(as: Float.self) == [93.5])
    #expect(file.contents.warnings == [])
  }

  /// Named parameters, a wrapper in the names of both, and a layer that was frozen.
  @Test func namedParameters() throws {
    let snapshot = try TorchGoldens.open("adam_names").snapshot()
    let optimizer = try #require(snapshot.metadata.optimizer)
    #expect(optimizer.kind == "adam" && optimizer.step == 2)
    #expect(optimizer.groups.map(\.parameters) == [Self.parameters])
    let trained = Self.parameters.filter { !$0.hasPrefix("features.0") }
    #expect(Array(snapshot.optimizerState.keys) == trained)
    for name in trained { #expect(snapshot.optimizerState[name].map { Array($0.keys) } == ["exp_avg", "exp_avg_sq"]) }
    #expect(snapshot.metadata.position == TrainingPosition(epoch: 1, step: 2))
  }

  /// Two groups without names: the shapes of the state leave only one way.
  @Test func groups() throws {
    let snapshot = try TorchGoldens.open("adamw_groups").snapshot()
    let optimizer = try #require(snapshot.metadata.optimizer)
    #expect(optimizer.kind == "adamw" && optimizer.groups[1].hyperparameters["weight_decay"] == 0.0)
    #expect(optimizer.groups[0].parameters == ["features.0.weight", "classifier.weight"])
    #expect(
      optimizer.groups[1].parameters == [
        "scale", "features.0.bias", "features.1.weight", "features.1.bias", "classifier.bias",
      ])
  }

  @Test func uncertainParametersAreNotGuessed() throws {
    let file = try TorchGoldens.open("uncertain")
    let snapshot = try file.snapshot()
    #expect(snapshot.metadata.optimizer == nil && snapshot.optimizerState.isEmpty)
    #expect(file.contents.warnings.count == 1)
    #expect(file.contents.warnings[0].contains("which of the net's 2 parameters its 1 are is not certain"))
    // Nothing is lost: PyTorch would find it where it was.
    #expect(snapshot.others["optimizer"]?["state"] != nil && snapshot.otherTensors.count == 1)
  }

  @Test func addressesAndNumbersOfSteps() throws {
    let file = try TorchGoldens.open("addresses")
    let snapshot = try file.snapshot()
    #expect(snapshot.metadata.optimizer?.step == 1 && snapshot.metadata.optimizer?.kind == "adam")
    #expect(snapshot.metadata.optimizer?.groups[0].parameters == ["weight", "bias"])
    #expect(snapshot.optimizerState["bias"]?["exp_avg"]?.shape == [2])
    #expect(file.contents.warnings.count == 1 && file.contents.warnings[0].contains("Adam or AdamW"))
  }

  @Test(arguments: OptimizerKind.allCases.filter { ![.adafactor, .lbfgs].contains($0) })
  func kinds(_ kind: OptimizerKind) throws {
    let file = try TorchGoldens.open("optimizer_\(kind.rawValue)")
    let snapshot = try file.snapshot()
    #expect(snapshot.metadata.optimizer?.kind == kind.rawValue, "\(file.contents.warnings)")
    if kind.hasSteps { #expect(snapshot.metadata.optimizer?.step == 2) }
    for slots in snapshot.optimizerState.values { #expect(slots["step"] == nil && !slots.isEmpty) }
    #expect(Array(snapshot.optimizerState.keys) == ["weight", "bias"])
    // Every hyper-parameter that PyTorch needs and has is one that the writer would fill in.
    let keys = Set(snapshot.metadata.optimizer?.groups[0].hyperparameters.keys ?? [])
    #expect(Set(kind.defaults.map(\.key)).union(["lr"]) == keys)
  }
}
