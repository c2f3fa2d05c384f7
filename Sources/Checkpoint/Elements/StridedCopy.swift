/// Copies elements from one order of axes into another.
///
/// Both sides are described by the elements from one to the next along each axis. What is read and what is written in leaps
/// goes through the processor's caches in squares: neither side leaps over a whole tensor between two neighbours.
struct StridedCopy {
  /// An axis: how many elements it has, and how far they are apart on either side.
  struct Axis: Hashable {
    var extent: Int
    var source: Int
    var target: Int
  }

  /// The axes that are more than one element, the target's innermost last; those that lie alike on both sides are one.
  let axes: [Axis]
  private let isEmpty: Bool
  /// Elements of a side of a square: two squares of the largest elements fit the smallest cache.
  private static let side = 32

  init(_ axes: [Axis]) {
    isEmpty = axes.contains { $0.extent == 0 }
    var merged: [Axis] = []
    for axis in axes.filter({ $0.extent != 1 }).sorted(by: { $0.target > $1.target }) {
      if let outer = merged.last, outer.source == axis.source &* axis.extent, outer.target == axis.target &* axis.extent
      {
        merged[merged.count - 1] = Axis(extent: outer.extent * axis.extent, source: axis.source, target: axis.target)
      } else {
        merged.append(axis)
      }
    }
    self.axes = merged
  }

  /// Fills a row-major target from elements that are `strides` apart.
  init(rowMajor extents: [Int], from strides: [Int]) {
    var step = 1
    var axes: [Axis] = []
    for (extent, stride) in zip(extents, strides).reversed() {
      axes.append(Axis(extent: extent, source: stride, target: step))
      step *= max(extent, 1)
    }
    self.init(axes)
  }

  /// Copies.
  /// - Parameters:
  ///   - size: The bytes of an element: 1, 2, 4, 8 or 16.
  ///   - source: From the element at which all axes begin on.
  ///   - target: The same on the other side.
  func run(elementSize size: Int, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    switch size {
    case 1: run(UInt8.self, source, target)
    case 2: run(UInt16.self, source, target)
    case 4: run(UInt32.self, source, target)
    case 8: run(UInt64.self, source, target)
    default: run(SIMD2<UInt64>.self, source, target)
    }
  }

  private func run<Word: BitwiseCopyable>(
    _ type: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    if isEmpty { return }
    let size = MemoryLayout<Word>.size
    guard let row = axes.last else {
      target.storeBytes(of: source.loadUnaligned(as: type), as: type)
      return
    }
    // The axis along which the source's elements are neighbours.
    let near = axes.indices.min { axes[$0].source < axes[$1].source } ?? 0
    let isRow = near == axes.count - 1
    let outer = axes.indices.dropLast().filter { isRow || $0 != near }
    var position = [Int](repeating: 0, count: outer.count)
    var (from, to) = (source, target)
    while true {
      if isRow {
        Self.copy(row, type, from, to)
      } else {
        Self.copy(row, axes[near], type, from, to)
      }
      // The next place: the last of the other axes counts fastest.
      var place = outer.count - 1
      while place >= 0 {
        let axis = axes[outer[place]]
        position[place] += 1
        from += axis.source * size
        to += axis.target * size
        if position[place] < axis.extent { break }
        from -= axis.extent * axis.source * size
        to -= axis.extent * axis.target * size
        position[place] = 0
        place -= 1
      }
      if place < 0 { return }
    }
  }

  /// One row.
  private static func copy<Word: BitwiseCopyable>(
    _ row: Axis, _ type: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    let size = MemoryLayout<Word>.size
    if row.source == 1, row.target == 1 { return target.copyMemory(from: source, byteCount: row.extent * size) }
    var (from, to) = (source, target)
    for _ in 0..<row.extent {
      to.storeBytes(of: from.loadUnaligned(as: type), as: type)
      from += row.source * size
      to += row.target * size
    }
  }

  /// A plane of two axes in squares.
  private static func copy<Word: BitwiseCopyable>(
    _ row: Axis, _ near: Axis, _ type: Word.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer
  ) {
    let size = MemoryLayout<Word>.size
    let (rowSource, rowTarget) = (row.source * size, row.target * size)
    for nearStart in stride(from: 0, to: near.extent, by: side) {
      for rowStart in stride(from: 0, to: row.extent, by: side) {
        for index in nearStart..<min(nearStart + side, near.extent) {
          var from = source + (index * near.source * size + rowStart * rowSource)
          var to = target + (index * near.target * size + rowStart * rowTarget)
          for _ in rowStart..<min(rowStart + side, row.extent) {
            to.storeBytes(of: from.loadUnaligned(as: type), as: type)
            from += rowSource
            to += rowTarget
          }
        }
      }
    }
  }
}
