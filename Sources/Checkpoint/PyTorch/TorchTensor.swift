import Tensors

/// A storage as a pickle names it: the bytes that tensors are made of, alone or several together.
struct TorchStorage: Sendable, Hashable {
  /// The name of its bytes in the file: `17`.
  let key: String
  /// The type of its elements; `nil` when no tensor here has it.
  let dtype: DType?
  /// Its class, for errors: `FloatStorage`.
  let className: String
  /// Its elements; bytes for an untyped one.
  let count: Int
  /// Elements of the bytes before its first; old files had storages inside of others.
  let start: Int
}

/// A tensor as a pickle describes it.
struct TorchTensor: Sendable {
  /// Where the elements are.
  enum Place: Sendable {
    /// In a storage, by its place in ``TorchVocabulary/storages``.
    case storage(Int)
    /// In the pickle itself, where numpy's arrays stand: these bytes of it.
    case pickle(Range<Int>)
    /// In the pickle itself, written as a text.
    case memory(ByteRegion)
  }

  let place: Place
  let dtype: DType
  let shape: Shape
  /// Elements from one to the next along each axis.
  let strides: [Int]
  /// The element of the storage that is its first.
  let start: Int
  /// Whether its elements are the complex conjugates of those that are stored.
  var isConjugate = false
  /// Whether its elements are the negatives of those that are stored.
  var isNegative = false
  /// Whether numpy stored it big-endian.
  var isBigEndian = false
  /// Where it stands in the tree.
  private(set) var path: [String]

  /// Whether the stored elements follow each other as in a row-major tensor.
  var isContiguous: Bool {
    var step = 1
    for (extent, stride) in zip(shape.dimensions, strides).reversed() where extent != 1 {
      if shape.count > 0, stride != step { return false }
      step *= max(extent, 1)
    }
    return true
  }

  /// How many elements of the storage it needs from the first one on, or `nil` when that overflows.
  var reach: Int? {
    guard shape.count > 0 else { return 0 }
    var last = 0
    for (extent, stride) in zip(shape.dimensions, strides) {
      let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflowSum) = last.addingReportingOverflow(distance)
      guard !overflow, !overflowSum else { return nil }
      last = sum
    }
    let (count, overflow) = last.addingReportingOverflow(1)
    return overflow ? nil : count
  }

  /// The same tensor at another place of the tree.
  func moved(to path: [String]) -> TorchTensor {
    var copy = self
    copy.path = path
    return copy
  }

  /// The strides of row-major elements.
  static func contiguousStrides(_ shape: Shape) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.rank)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] &* max(shape[axis + 1], 1)
    }
    return strides
  }
}
