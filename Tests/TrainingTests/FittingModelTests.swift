import Checkpoint
import Fixtures
import Layers
import Tensors
import Testing
import Zoo

@testable import Training

/// Which model of the registry tensors are those of.
struct FittingModelTests {
  private func tensors(_ model: String, classes: Int) throws -> [(name: String, shape: Shape)] {
    let graph = try Registry.model(named: model).build(ModelArguments(numClasses: classes))
    return graph.parameters.map { ($0.name, $0.shape) }
  }

  /// Of any number of classes and in any order: other programs sort names.
  @Test(arguments: [("resnet34", 1000), ("squeezenet1_1", 7), ("densenet121", 10), ("mnasnet0_5", 3)])
  func fits(model: String, classes: Int) throws {
    let tensors = try tensors(model, classes: classes)
    for order in [tensors, tensors.sorted { $0.name < $1.name }, tensors.reversed()] {
      let fit = try #require(Registry.fitting(order))
      #expect(fit.entry.name == model && fit.arguments.numClasses == classes)
    }
  }

  @Test func nothingFits() throws {
    var tensors = try tensors("resnet18", classes: 10)
    tensors[3].shape = [1]
    #expect(Registry.fitting(tensors) == nil)
    #expect(Registry.fitting([]) == nil)
    #expect(try Registry.fitting(Array(self.tensors("resnet18", classes: 10).dropLast())) == nil)
  }

  /// The weights of another variant: what does not fit, and which model would.
  @Test func anotherVariant() throws {
    let folder = try TemporaryFolder()
    let graph = try Registry.model(named: "squeezenet1_1").build(ModelArguments(numClasses: 4))
    try Snapshot(net: graph.initialState(seed: 1)).write(to: folder.path("other.h5"))
    let error = #expect(throws: TrainingError.self) {
      try TrainedModel.load(folder.path("other.h5"), model: "squeezenet1_0")
    }
    let message = error.map { "\($0)" } ?? ""
    #expect(
      message.contains("does not hold the tensors of 'squeezenet1_0'") && message.contains("features.0.weight is"))
    #expect(message.hasSuffix("\nits tensors are those of 'squeezenet1_1' with 4 classes: choose that model"))
    #expect(try TrainedModel.load(folder.path("other.h5")).entry.name == "squeezenet1_1")
    #expect(Registry.advice(for: [], insteadOf: try Registry.model(named: "resnet18")) == nil)
  }
}
