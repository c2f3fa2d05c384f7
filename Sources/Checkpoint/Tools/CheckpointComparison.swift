public import OrderedCollections
public import Tensors

/// What two checkpoints, of any formats, have in common and what not. Tensors meet by name.
public struct CheckpointComparison: Sendable {
  /// How far numbers may be apart and still count as the same: |a − b| ≤ absolute + relative · |b|, as in numpy's
  /// `allclose`. Two NaNs are the same. Without a tolerance every bit counts.
  public struct Tolerance: Sendable, Hashable {
    /// At least 0.
    public var absolute: Double
    /// At least 0.
    public var relative: Double

    /// A tolerance.
    public init(absolute: Double = 0, relative: Double = 0) {
      self.absolute = absolute
      self.relative = relative
    }
  }

  /// A tensor that is in both files, of the same shape, with other numbers.
  public struct Changed: Sendable, Hashable {
    /// The name.
    public let name: String
    /// How many numbers are further apart than the tolerance, or of other bits without one.
    public let count: Int
    /// The numbers of the tensor.
    public let total: Int
    /// The largest |a − b| of all numbers; infinite where only one of the two is finite.
    public let maxAbsolute: Double
    /// The largest |a − b| / |b|; infinite where b is 0 and a is not.
    public let maxRelative: Double
  }

  /// A tensor that is in both files with another shape or type.
  public struct Reshaped: Sendable, Hashable {
    /// The name.
    public let name: String
    /// `float32 [64, 3, 11, 11]` in the first file.
    public let first: String
    /// The same in the second.
    public let second: String
    /// Whether only the types differ.
    public let isSameShape: Bool
  }

  /// Names that only the first has, in its order.
  public private(set) var missing: [String] = []
  /// Names that only the second has, in its order.
  public private(set) var unexpected: [String] = []
  /// Other shapes, or other types when no tolerance lets them meet.
  public private(set) var reshaped: [Reshaped] = []
  /// Other numbers, the largest difference first.
  public private(set) var changed: [Changed] = []
  /// How many tensors are the same.
  public private(set) var sameCount = 0

  /// Whether there is no difference.
  public var isSame: Bool { missing.isEmpty && unexpected.isEmpty && reshaped.isEmpty && changed.isEmpty }

  /// Compares the tensors of two snapshots.
  /// - Parameters:
  ///   - first: What is expected.
  ///   - second: What was found.
  ///   - tolerance: `nil` compares bits.
  public init(_ first: LazySnapshot, _ second: LazySnapshot, tolerance: Tolerance? = nil) throws {
    let (first, second) = (first.allTensors, second.allTensors)
    missing = first.keys.filter { second[$0] == nil }
    unexpected = second.keys.filter { first[$0] == nil }
    var pairs: [(name: String, first: TensorSource, second: TensorSource)] = []
    for (name, source) in first {
      guard let other = second[name] else { continue }
      let isNumeric = tolerance != nil && source.dtype.isComplex == other.dtype.isComplex
      if source.shape == other.shape, source.dtype == other.dtype || isNumeric {
        pairs.append((name, source, other))
      } else {
        reshaped.append(
          Reshaped(
            name: name, first: "\(source.dtype.rawValue) \(source.shape)",
            second: "\(other.dtype.rawValue) \(other.shape)", isSameShape: source.shape == other.shape))
      }
    }
    for batch in TensorBatches.of(byteCounts: pairs.map { $0.first.byteCount + $0.second.byteCount }) {
      changed += try Parallel.map(Array(pairs[batch]), weight: \.first.byteCount) { _, pair in
        [try Self.change(pair.name, pair.first.tensor(), pair.second.tensor(), tolerance)]
      }.flatMap { $0.compactMap(\.self) }
    }
    changed.sort { $0.maxAbsolute > $1.maxAbsolute }
    sameCount = pairs.count - changed.count
  }

  /// How two tensors of one shape differ; `nil` when they are the same.
  private static func change(
    _ name: String, _ first: Tensor, _ second: Tensor, _ tolerance: Tolerance?
  ) throws -> Changed? {
    if first.isIdentical(to: second) { return nil }
    var meter = DifferenceMeter(tolerance)
    first.forEachBlock(with: second) { meter.add($0, $1) }
    // Without a tolerance there is a difference, even if it is one of bits alone: −0, or another NaN.
    if meter.count == 0 && tolerance != nil { return nil }
    return Changed(
      name: name, count: max(meter.count, 1), total: meter.total, maxAbsolute: meter.maxAbsolute,
      maxRelative: meter.maxRelative)
  }
}

/// Adds up how far numbers are apart.
private struct DifferenceMeter {
  private let tolerance: CheckpointComparison.Tolerance?
  private(set) var count = 0
  private(set) var total = 0
  private(set) var maxAbsolute = 0.0
  private(set) var maxRelative = 0.0

  init(_ tolerance: CheckpointComparison.Tolerance?) { self.tolerance = tolerance }

  mutating func add(_ first: [Double], _ second: [Double]) {
    total += first.count
    for (a, b) in zip(first, second) {
      if a == b || (a.isNaN && b.isNaN) { continue }
      let distance = a.isFinite && b.isFinite ? (a - b).magnitude : .infinity
      maxAbsolute = max(maxAbsolute, distance)
      maxRelative = max(maxRelative, b == 0 ? .infinity : b.isFinite ? distance / b.magnitude : .infinity)
      if let tolerance, distance <= tolerance.absolute + tolerance.relative * b.magnitude, distance.isFinite {
        continue
      }
      count += 1
    }
  }
}

extension LazySnapshot {
  /// The names of the net's tensors in order, with their extents.
  public var netShapes: [(name: String, shape: Shape)] { net.map { ($0.key, $0.value.shape) } }

  /// The net's tensors in order, not read yet.
  public var netSources: [(name: String, source: TensorSource)] { net.map { ($0.key, $0.value) } }

  /// A tensor of the net, read and verified; `nil` when there is none of that name.
  public func netTensor(_ name: String) throws -> Tensor? { try net[name]?.tensor() }

  /// Every tensor by a name of its own: those of the net under their names, the optimizer's as
  /// `optimizer.state.<parameter>.<slot>`, and all else as `others.<path>`.
  public var allTensors: OrderedDictionary<String, TensorSource> {
    var all = net
    for (parameter, slots) in optimizerState {
      for (slot, source) in slots { all["optimizer.state.\(parameter).\(slot)"] = source }
    }
    for (path, source) in otherTensors { all["others.\(path)"] = source }
    return all
  }
}
