/// Two extents, height first: a kernel, a stride, a padding, a dilation or an output size. An integer literal means both.
public struct Pair: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The extent along the height.
  public let height: Int
  /// The extent along the width.
  public let width: Int

  /// The two extents.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// The same extent along both axes.
  public init(_ both: Int) { self.init(both, both) }

  /// The same extent along both axes.
  public init(integerLiteral value: Int) { self.init(value) }

  /// `3` when both are equal, `3x5` otherwise.
  public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// Written as two numbers, height first.
extension Pair: Codable {
  /// Reads `[3, 5]`.
  public init(from decoder: any Decoder) throws {
    var numbers = try decoder.unkeyedContainer()
    self.init(try numbers.decode(Int.self), try numbers.decode(Int.self))
  }

  /// Writes `[3, 5]`.
  public func encode(to encoder: any Encoder) throws {
    var numbers = encoder.unkeyedContainer()
    try numbers.encode(height)
    try numbers.encode(width)
  }
}

/// Four paddings of an image, in PyTorch's order. An integer literal means all four.
public struct Sides: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral {
  public let left, right, top, bottom: Int

  /// The paddings in pixels.
  public init(left: Int, right: Int, top: Int, bottom: Int) {
    self.left = left
    self.right = right
    self.top = top
    self.bottom = bottom
  }

  /// The same padding at all four sides.
  public init(integerLiteral value: Int) { self.init(left: value, right: value, top: value, bottom: value) }
}
