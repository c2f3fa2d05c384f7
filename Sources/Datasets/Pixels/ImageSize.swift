/// Height and width in pixels, in PyTorch's order.
public struct ImageSize: Sendable, Hashable, CustomStringConvertible {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int

  /// A size of `height` rows and `width` columns.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// A square.
  public init(_ side: Int) { self.init(side, side) }

  /// `224x224`, height first.
  public var description: String { "\(height)x\(width)" }
}

extension ImageSize: Codable {
  /// Reads `[height, width]`.
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    self.init(try values.decode(Int.self), try values.decode(Int.self))
    guard values.isAtEnd else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "a size is [height, width]")
    }
  }

  /// Writes `[height, width]`.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(height)
    try values.encode(width)
  }
}
