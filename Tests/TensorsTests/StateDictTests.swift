import Tensors
import Testing

@Suite struct StateDictTests {
  private let state: StateDict = [
    "fc.weight": Tensor(zeros: [2, 3]), "fc.bias": Tensor(zeros: [2]), "steps": Tensor(scalar: Int64(4)),
  ]

  @Test func keepsItsOrder() {
    #expect(state.names == ["fc.weight", "fc.bias", "steps"])
    #expect(state.map(\.name) == state.names)
    #expect((state.count, state.elementCount, state.isEmpty) == (3, 9, false))
    #expect(StateDict().isEmpty)
    #expect(state.shapes == ["fc.weight": [2, 3], "fc.bias": [2], "steps": []])
  }

  @Test func namesAreReplacedAppendedAndRemoved() {
    var changed = state
    changed["fc.weight"] = Tensor(zeros: [5])
    changed["new"] = Tensor(zeros: [1])
    changed["fc.bias"] = nil
    #expect(changed.names == ["fc.weight", "steps", "new"])
    #expect(changed["fc.weight"]?.shape == [5])
    #expect(changed["fc.bias"] == nil)
    #expect(state.names == ["fc.weight", "fc.bias", "steps"])
  }

  @Test func filtersInOrder() {
    #expect(state.filter { $1.dtype == .float32 }.names == ["fc.weight", "fc.bias"])
  }
}
