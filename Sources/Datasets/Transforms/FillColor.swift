/// The colour of pixels that lie outside of an image.
public struct FillColor: Sendable, Hashable {
  /// Red, green and blue, in 0...255; three equal values for gray images.
  public let red, green, blue: UInt8

  /// A colour.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// A shade of gray, which fits gray images too.
  public init(gray: UInt8) { self.init(red: gray, green: gray, blue: gray) }

  /// 0 in every channel.
  public static let black = FillColor(gray: 0)

  /// Whether the channels are equal, so that one channel can show it.
  var isGray: Bool { red == green && green == blue }

  /// The values of a pixel.
  var values: [UInt8] { [red, green, blue] }

  /// What is wrong with it for images of so many channels.
  func problem(channels: Int, _ name: String) -> String? {
    channels == 1 && !isGray ? "\(name): the fill \(values) is a colour, and the images are gray" : nil
  }
}

extension FillColor: Codable {
  /// Reads one number, or `[red, green, blue]`.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    let given = (try? value.decode(Int.self)).map { [$0, $0, $0] }
    let values = try (given ?? value.decode([Int].self))
    let bytes = values.compactMap { UInt8(exactly: $0) }
    guard values.count == 3, bytes.count == 3 else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "a fill is a number in 0...255 or three, [red, green, blue]")
    }
    self.init(red: bytes[0], green: bytes[1], blue: bytes[2])
  }

  /// Writes one number where that says all.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if isGray { try value.encode(red) } else { try value.encode(values) }
  }
}
