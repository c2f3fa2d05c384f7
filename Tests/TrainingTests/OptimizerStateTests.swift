import Engine
import Tensors
import Testing

@testable import Training

struct OptimizerStateTests {
  /// PyTorch's Adagrad has its first sums before the first step; the engine adds them with it. Both are said once.
  @Test func adagradBegins() throws {
    let rule = UpdateRule.adagrad(initialSum: 0.25)
    let engine: [String: [String: Tensor]] = ["a": ["sum": Tensor(zeros: [2, 3])]]
    let stored = try #require(rule.completed(engine, step: 0)["a"]?["sum"])
    #expect(stored.shape == [2, 3] && stored.elements(as: Float.self) == [Float](repeating: 0.25, count: 6))
    #expect(rule.tensors(of: ["a": ["sum": stored]], step: 0)["a"]?.isEmpty == true)
    // Afterwards they are in what is there.
    let sums: [String: [String: Tensor]] = ["a": ["sum": Tensor([1, 2] as [Float], shape: [2])]]
    #expect(rule.completed(sums, step: 1)["a"]?["sum"]?.elements(as: Float.self) == [1, 2])
    #expect(rule.tensors(of: sums, step: 1)["a"]?["sum"]?.elements(as: Float.self) == [1, 2])
  }
}
