import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func countsElements() {
    #expect((Shape([2, 3, 4]).count, Shape([2, 3, 4]).rank, Shape([2, 3, 4])[2]) == (24, 3, 4))
    #expect(([] as Shape).count == 1)
    #expect(Shape([3, 0, 5]).count == 0)
  }

  @Test func refusesNegativeExtentsAndOverflow() {
    #expect(Shape(checking: [2, -1]) == nil)
    #expect(Shape(checking: [.max, 2]) == nil)
    #expect(Shape(checking: [1 << 32, 1 << 31]) == nil)
    #expect(Shape(checking: [1 << 32, 1 << 30])?.count == 1 << 62)
    // An empty axis makes no shape of the others that overflow.
    #expect(Shape(checking: [.max, .max, 0]) == nil)
  }

  @Test func countsBytes() {
    #expect(Shape([2, 3]).byteCount(of: .float64) == 48)
    #expect(Shape([1 << 61]).byteCount(of: .float32) == nil)
    #expect(([] as Shape).byteCount(of: .complex128) == 16)
  }

  @Test func describesItself() {
    #expect(Shape([1, 64, 2, 2]).description == "[1, 64, 2, 2]")
    #expect(Shape([64, 3, 11, 11]).compactDescription == "64x3x11x11")
    #expect(([] as Shape).compactDescription == "scalar")
  }
}
