/// The extents of a tensor, outermost axis first. The empty shape is a scalar.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extent of each axis; none is negative, and their product fits an `Int`.
  public let dimensions: [Int]

  /// The product of the extents; 1 for a scalar.
  public let count: Int

  /// Checks a shape that comes from outside.
  /// - Returns: `nil` when an extent is negative or the number of elements overflows.
  public init?(checking dimensions: [Int]) {
    var count = 1
    var isEmpty = false
    for extent in dimensions {
      guard extent >= 0 else { return nil }
      if extent == 0 {
        isEmpty = true
        continue
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    self.dimensions = dimensions
    self.count = isEmpty ? 0 : count
  }

  /// A shape that the program itself made. Traps on a negative extent or an overflow.
  public init(_ dimensions: [Int]) {
    guard let shape = Shape(checking: dimensions) else {
      preconditionFailure("\(dimensions) is no shape: extents are at least 0 and their product fits an Int")
    }
    self = shape
  }

  /// `[1, 64, 2, 2]`; traps as ``init(_:)`` does.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The extent of an axis, counted from 0.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The bytes that contiguous elements of `dtype` take, or `nil` on overflow.
  public func byteCount(of dtype: DType) -> Int? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size)
    return overflow ? nil : bytes
  }

  /// `[1, 64, 2, 2]`
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

  /// `64x3x11x11`, and `scalar` for the empty shape.
  public var compactDescription: String {
    dimensions.isEmpty ? "scalar" : dimensions.map(String.init).joined(separator: "x")
  }
}
