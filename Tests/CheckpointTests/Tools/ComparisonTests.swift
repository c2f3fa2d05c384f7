import Checkpoint
import Tensors
import Testing

struct ComparisonTests {
  private static func compare(
    _ first: StateDict, _ second: StateDict, _ tolerance: CheckpointComparison.Tolerance? = nil
  ) throws -> CheckpointComparison {
    try CheckpointComparison(
      LazySnapshot(Snapshot(net: first)), LazySnapshot(Snapshot(net: second)), tolerance: tolerance)
  }

  private static func vector(_ numbers: Float...) -> Tensor { Tensor(numbers, shape: [numbers.count]) }

  @Test func everyKindOfDifference() throws {
    let first: StateDict = [
      "same": Self.vector(1, 2), "gone": Self.vector(1), "shape": Self.vector(1, 2), "type": Self.vector(1),
      "small": Self.vector(1, 2, 3), "large": Self.vector(0, 4),
    ]
    let second: StateDict = [
      "same": Self.vector(1, 2), "shape": Self.vector(1), "type": Tensor([1.0], shape: [1]),
      "small": Self.vector(1, 2.5, 3), "large": Self.vector(1, 8), "new": Self.vector(1),
    ]
    let result = try Self.compare(first, second)
    #expect(result.missing == ["gone"] && result.unexpected == ["new"] && result.sameCount == 1 && !result.isSame)
    #expect(result.reshaped.map(\.name) == ["shape", "type"] && result.reshaped.map(\.isSameShape) == [false, true])
    #expect(result.changed.map(\.name) == ["large", "small"])
    #expect(result.changed.map { [$0.count, $0.total] } == [[2, 2], [1, 3]])
    #expect(result.changed.map { [$0.maxAbsolute, $0.maxRelative] } == [[4, 1], [0.5, 0.2]])
  }

  @Test func tolerancesAreNumpys() throws {
    let (a, b) = (Self.vector(1, 100, .nan, .infinity), Self.vector(1.001, 100.1, .nan, .infinity))
    #expect(try Self.compare(["a": a], ["a": b], .init(absolute: 0.11)).isSame)
    #expect(try Self.compare(["a": a], ["a": b], .init(relative: 0.0011)).isSame)
    #expect(try Self.compare(["a": a], ["a": b], .init(relative: 0.0009)).changed.first?.count == 2)
    #expect(try Self.compare(["a": a], ["a": b], .init(absolute: 0.01)).changed.first?.count == 1)
    let half = try #require(a.converted(to: .bfloat16)).tensor
    #expect(try Self.compare(["a": a], ["a": half], .init()).isSame)
    #expect(
      try Self.compare(["a": Self.vector(.infinity)], ["a": Self.vector(1)], .init(absolute: 1e30)).isSame == false)
  }

  /// Equal numbers of other bits are another file.
  @Test func bitsCountWithoutATolerance() throws {
    let result = try Self.compare(["a": Self.vector(0)], ["a": Self.vector(-0.0)])
    #expect(result.changed.map { [Double($0.count), $0.maxAbsolute] } == [[1, 0]])
    #expect(try Self.compare(["a": Self.vector(0)], ["a": Self.vector(-0.0)], .init()).isSame)
  }
}
