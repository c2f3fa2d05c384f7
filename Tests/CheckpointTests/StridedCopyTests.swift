import Tensors
import Testing

@testable import Checkpoint

/// Elements in another order of axes, held against the definition.
struct StridedCopyTests {
  /// Extents, and the order of axes: the result's axis `i` is the source's axis `order[i]`.
  static let cases: [(extents: [Int], order: [Int])] = [
    ([], []), ([5], [0]), ([0, 3], [1, 0]), ([1, 7], [1, 0]), ([100, 3], [1, 0]), ([33, 65], [1, 0]),
    ([2, 3, 4], [2, 1, 0]), ([2, 3, 4], [0, 2, 1]), ([5, 6, 7, 8], [2, 3, 1, 0]), ([5, 6, 7, 8], [3, 2, 0, 1]),
    ([2, 1, 40, 3, 2], [4, 0, 2, 1, 3]), ([3, 4, 5], [0, 1, 2]),
  ]

  private static func strides(_ extents: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: extents.count)
    for axis in extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * extents[axis + 1] }
    return strides
  }

  /// What an element of the source is: its place, in as many bytes as it has.
  private static func source(_ count: Int, _ size: Int) -> [UInt8] {
    (0..<count).flatMap { element in (0..<size).map { UInt8(truncatingIfNeeded: element * 7 + $0 * 31) } }
  }

  private static func expected(_ source: [UInt8], _ extents: [Int], _ order: [Int], _ size: Int) -> [UInt8] {
    var result: [UInt8] = []
    let strides = strides(extents)
    func walk(_ axis: Int, _ place: Int) {
      guard axis < order.count else {
        result += source[place * size..<(place + 1) * size]
        return
      }
      for index in 0..<extents[order[axis]] { walk(axis + 1, place + index * strides[order[axis]]) }
    }
    walk(0, 0)
    return result
  }

  @Test(arguments: cases, [1, 2, 4, 8, 16])
  func asDefined(item: (extents: [Int], order: [Int]), size: Int) {
    let count = item.extents.reduce(1, *)
    let source = Self.source(count, size)
    let expected = Self.expected(source, item.extents, item.order, size)
    let strides = Self.strides(item.extents)
    let copy = StridedCopy(rowMajor: item.order.map { item.extents[$0] }, from: item.order.map { strides[$0] })
    var result = [UInt8](repeating: 0, count: count * size)
    result.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        copy.run(elementSize: size, from: from, to: to)
      }
    }
    #expect(result == expected)
    // The same from pieces of odd sizes.
    let outer = item.order.map { item.extents[$0] }
    var turnedStrides = [Int](repeating: 0, count: outer.count)
    for (place, stride) in zip(item.order, Self.strides(outer)) { turnedStrides[place] = stride }
    for piece in [size * 3 + 1, 1 << 20] {
      var turned = [UInt8](repeating: 0, count: count * size)
      turned.withUnsafeMutableBytes { target in
        var elements = TurnedElements(extents: item.extents, strides: turnedStrides, elementSize: size, into: target)
        source.withUnsafeBytes { source in
          for start in stride(from: 0, to: source.count, by: piece) {
            elements.add(UnsafeRawBufferPointer(rebasing: source[start..<min(start + piece, source.count)]))
          }
        }
      }
      #expect(turned == expected)
    }
  }

  /// Elements that overlap, or lie far apart, as views of PyTorch do.
  @Test func anyStrides() {
    let source: [UInt8] = (0..<40).map { UInt8($0) }
    for (extents, strides) in [([3, 4], [2, 3]), ([4, 3], [0, 1]), ([2, 2, 2], [1, 1, 1]), ([3, 2], [5, 20])] {
      var expected: [UInt8] = []
      func walk(_ axis: Int, _ place: Int) {
        guard axis < extents.count else { return expected.append(source[place]) }
        for index in 0..<extents[axis] { walk(axis + 1, place + index * strides[axis]) }
      }
      walk(0, 0)
      var result = [UInt8](repeating: 0, count: expected.count)
      result.withUnsafeMutableBytes { target in
        source.withUnsafeBytes { source in
          guard let from = source.baseAddress, let to = target.baseAddress else { return }
          StridedCopy(rowMajor: extents, from: strides).run(elementSize: 1, from: from, to: to)
        }
      }
      #expect(result == expected, "\(extents) \(strides)")
    }
  }

  /// Slabs that are parts of an axis, and of an axis behind others.
  @Test(arguments: [[3, 2_000_000], [2_000_000, 3], [2, 3, 1_000_000], [5_000_000], [700, 11, 900]])
  func largerThanASlab(extents: [Int]) {
    let count = extents.reduce(1, *)
    let source = Samples.tensor(.uint8, Shape(extents), seed: 3)
    // The axes in reverse, there and back.
    let strides = Array(Self.strides(extents.reversed()).reversed())
    var (there, back) = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 1, count: count))
    there.withUnsafeMutableBytes { target in
      var elements = TurnedElements(extents: extents, strides: strides, elementSize: 1, into: target)
      source.withUnsafeBytes { elements.add($0) }
    }
    back.withUnsafeMutableBytes { target in
      var elements = TurnedElements(
        extents: extents.reversed(), strides: Self.strides(extents).reversed(), elementSize: 1, into: target)
      there.withUnsafeBytes { elements.add($0) }
    }
    #expect(source.withUnsafeBytes { Array($0) } == back)
    #expect(extents.count == 1 || there != back)
  }
}
