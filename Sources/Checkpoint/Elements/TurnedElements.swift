/// Brings elements that come one after the other into another order of axes, so that a tensor is in memory only once.
///
/// A few megabytes are collected at a time, and then put where they belong.
struct TurnedElements {
  private let elementSize: Int
  /// In the order in which elements come, slowest first.
  private let axes: [StridedCopy.Axis]
  /// The axis that is cut into slabs; those before it stand still while a slab is filled.
  private let cut: Int
  /// How much of that axis a slab has at most.
  private let depth: Int
  private let target: UnsafeMutableRawBufferPointer
  private var position: [Int]
  private var slab: [UInt8] = []
  private var slabSize = 0

  /// The bytes of a slab at most.
  private static let most = 4 << 20

  /// - Parameters:
  ///   - extents: The extents in the order in which elements come, slowest first.
  ///   - strides: Elements of the target from one to the next along each of these axes.
  ///   - target: All bytes of the result.
  init(extents: [Int], strides: [Int], elementSize: Int, into target: UnsafeMutableRawBufferPointer) {
    precondition(extents.reduce(elementSize, *) == target.count, "the target has the bytes of \(extents)")
    self.elementSize = elementSize
    self.target = target
    var axes: [StridedCopy.Axis] = []
    var step = 1
    for (extent, stride) in zip(extents, strides).reversed() {
      axes.insert(StridedCopy.Axis(extent: extent, source: step, target: stride), at: 0)
      step *= max(extent, 1)
    }
    self.axes = axes
    let most = Self.most / elementSize
    cut = axes.firstIndex { $0.source <= most } ?? max(axes.count - 1, 0)
    depth = axes.isEmpty ? 1 : max(1, most / axes[cut].source)
    position = [Int](repeating: 0, count: axes.isEmpty ? 0 : cut + 1)
    slabSize = target.isEmpty ? 0 : nextSize
    slab.reserveCapacity(slabSize)
  }

  /// What remains of the axis that is cut, in the slab that is filled now.
  private var nextDepth: Int { axes.isEmpty ? 1 : min(depth, axes[cut].extent - position[cut]) }

  private var nextSize: Int { (axes.isEmpty ? 1 : nextDepth * axes[cut].source) * elementSize }

  /// Takes the next bytes. Traps when they are more than the target has.
  mutating func add(_ piece: UnsafeRawBufferPointer) {
    var rest = piece[...]
    while !rest.isEmpty {
      precondition(slabSize > 0, "no more elements come than the target has")
      let count = min(rest.count, slabSize - slab.count)
      slab.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
      rest = rest.dropFirst(count)
      if slab.count == slabSize { put() }
    }
  }

  /// Puts a full slab where it belongs, and begins the next.
  private mutating func put() {
    var start = 0
    for (axis, index) in zip(axes, position) { start += axis.target * index }
    var part = axes.isEmpty ? [] : Array(axes[cut...])
    if !part.isEmpty { part[0].extent = nextDepth }
    slab.withUnsafeBytes { bytes in
      guard let source = bytes.baseAddress, let target = target.baseAddress else { return }
      StridedCopy(part).run(elementSize: elementSize, from: source, to: target + start * elementSize)
    }
    slab.removeAll(keepingCapacity: true)
    guard !axes.isEmpty else { return slabSize = 0 }
    position[cut] += nextDepth
    var axis = cut
    while axis > 0, position[axis] == axes[axis].extent {
      position[axis] = 0
      position[axis - 1] += 1
      axis -= 1
    }
    slabSize = position[0] == axes[0].extent ? 0 : nextSize
  }
}
