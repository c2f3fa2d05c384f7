import Layers
import Tensors
import Testing

/// Costs against numbers worked out by hand; whole models are compared with torchvision in ZooTests.
@Suite struct CostTests {
  @Test func everyNodeIsCounted() throws {
    let graph = Graph(
      inputChannels: 4,
      Sequential {
        Conv2d(4, 6, kernel: Pair(3, 1), groups: 2)
        BatchNorm2d(6)
        ReLU()
        Flatten()
        Linear(6 * 3 * 5, 10)
      })
    let costs = try graph.costs(input: [4, 5, 5])
    #expect(costs.map(\.outputShape) == [[6, 3, 5], [6, 3, 5], [6, 3, 5], [90], [10]])
    #expect(costs.map(\.multiplyAccumulates) == [90 * 2 * 3, 0, 0, 0, 900])
    #expect(costs.map(\.parameterCount) == [6 * 2 * 3 + 6, 12, 0, 0, 910])
    #expect(costs.map(\.activationByteCount) == [360, 360, 360, 0, 40])
    #expect(try graph.multiplyAccumulates(input: [4, 5, 5]) == 540 + 900)
    #expect(graph.parameterCount == 42 + 12 + 910)
  }

  @Test func overflowIsAnError() {
    let side = Int(Int32.max)
    let graph = Graph(inputChannels: 1, Conv2d(1, 1024, kernel: 1))
    // 2⁶² pixels and 1,024 channels.
    #expect(throws: LayersError.self) { try graph.multiplyAccumulates(input: [1, side, side]) }
    let twice = Graph(inputChannels: 1, Sequential([Conv2d(1, 1, kernel: 1), Conv2d(1, 1, kernel: 1)]))
    #expect(throws: LayersError.self) { try twice.multiplyAccumulates(input: [1, side, side]) }
  }
}
