/// Puts pixels around an image: torchvision's `Pad`.
public struct Pad: Sendable, Hashable, Codable {
  /// What the pixels around an image show.
  public enum Mode: String, Sendable, Hashable, Codable, CaseIterable {
    /// One colour.
    case constant
    /// The nearest pixel of the image.
    case edge
    /// The image mirrored at its outermost pixels, which are not repeated.
    case reflect
    /// The image mirrored at its edges: the outermost pixels are repeated.
    case symmetric
  }

  /// The rows and columns that are added on each side.
  public struct Margins: Sendable, Hashable {
    /// Columns and rows, at least 0.
    public let left, top, right, bottom: Int

    /// Margins of the four sides, in torchvision's order.
    public init(left: Int, top: Int, right: Int, bottom: Int) {
      self.left = left
      self.top = top
      self.right = right
      self.bottom = bottom
    }

    /// The same on every side.
    public init(_ all: Int) { self.init(left: all, top: all, right: all, bottom: all) }

    /// None.
    public static let none = Margins(0)
  }

  /// The rows and columns that are added.
  public let margins: Margins
  /// What they show.
  public let mode: Mode
  /// Their colour in mode ``Mode/constant``.
  public let fill: FillColor

  private enum CodingKeys: String, CodingKey {
    case margins = "padding"
    case mode = "padding_mode"
    case fill
  }

  /// Adds `margins` around an image.
  public init(_ margins: Margins, mode: Mode = .constant, fill: FillColor = .black) {
    self.margins = margins
    self.mode = mode
    self.fill = fill
  }

  func outputSize(for size: ImageSize) -> ImageSize {
    ImageSize(size.height + margins.top + margins.bottom, size.width + margins.left + margins.right)
  }

  func operations(for size: ImageSize) -> [PixelOperation] {
    margins == .none
      ? [] : [.pad(left: margins.left, top: margins.top, to: outputSize(for: size), mode, fill)]
  }

  func problem(channels: Int, _ name: String = "pad") -> String? {
    let most = Preprocessing.largestSide
    let sides = [margins.left, margins.top, margins.right, margins.bottom]
    guard sides.allSatisfy((0...most).contains) else { return "\(name): padding \(sides) is not in 0...\(most)" }
    return fill.problem(channels: channels, name)
  }
}

extension Pad.Margins: Codable {
  /// Reads `[left, top, right, bottom]`, or one number for all.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let all = try? value.decode(Int.self) {
      self.init(all)
      return
    }
    let sides = try value.decode([Int].self)
    guard sides.count == 4 else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "padding is a number or [left, top, right, bottom]")
    }
    self.init(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
  }

  /// Writes `[left, top, right, bottom]`.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode([left, top, right, bottom])
  }
}

extension Pad.Mode {
  /// The pixel of an axis of `count` pixels that stands at `position`, which may lie outside; nil for the fill.
  func source(of position: Int, count: Int) -> Int? {
    if (0..<count).contains(position) { return position }
    switch self {
    case .constant: return nil
    case .edge: return position < 0 ? 0 : count - 1
    case .reflect:
      // The image and its mirror image without the shared pixels repeat; one pixel has nothing to mirror.
      guard count > 1 else { return 0 }
      let period = 2 * (count - 1)
      let place = ((position % period) + period) % period
      return place < count ? place : period - place
    case .symmetric:
      let period = 2 * count
      let place = ((position % period) + period) % period
      return place < count ? place : period - 1 - place
    }
  }
}
