@testable import Engine
import Testing

@Suite struct PlanTests {
  @Test func buffersThatLiveTogetherDoNotOverlap() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let buffers = (0..<40).map { _ in
        let first = Int.random(in: 0..<30, using: &random)
        return MemoryPlan.Buffer(
          byteCount: Int.random(in: 1..<5000, using: &random), firstUse: first,
          lastUse: first + Int.random(in: 0..<6, using: &random))
      }
      let plan = MemoryPlan(buffers)
      for (i, left) in buffers.enumerated() {
        #expect(plan.offsets[i] + left.byteCount <= plan.byteCount)
        for (j, right) in buffers.enumerated() where i < j {
          guard left.firstUse <= right.lastUse, right.firstUse <= left.lastUse else { continue }
          #expect(
            plan.offsets[i] + left.byteCount <= plan.offsets[j] || plan.offsets[j] + right.byteCount <= plan.offsets[i])
        }
      }
    }
  }

  @Test func memoryIsReused() {
    let chain = (0..<10).map { MemoryPlan.Buffer(byteCount: 1024, firstUse: $0, lastUse: $0 + 1) }
    #expect(MemoryPlan(chain).byteCount == 2048)
  }
}
