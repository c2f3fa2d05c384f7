import Tensors

/// Cuts out a random part of a fixed size, after padding: torchvision's `RandomCrop`.
public struct RandomCrop: Sendable, Hashable, Codable {
  /// The size of the result.
  public let size: ImageSize
  /// What is put around the image first.
  public let padding: Pad
  /// Whether an image that is still too small is padded further, on both sides by all that is missing; otherwise it is
  /// an error.
  public let padIfNeeded: Bool

  private enum CodingKeys: String, CodingKey {
    case size, padding
    case padIfNeeded = "pad_if_needed"
  }

  /// A random cut of `size`.
  public init(_ size: ImageSize, padding: Pad = Pad(.none), padIfNeeded: Bool = false) {
    self.size = size
    self.padding = padding
    self.padIfNeeded = padIfNeeded
  }

  func operations(for image: ImageSize, random: inout RandomSource) throws(DatasetsError) -> [PixelOperation] {
    var operations = padding.operations(for: image)
    var padded = padding.outputSize(for: image)
    if padIfNeeded, padded.width < size.width {
      let missing = size.width - padded.width
      operations += added(Pad.Margins(left: missing, top: 0, right: missing, bottom: 0), to: &padded)
    }
    if padIfNeeded, padded.height < size.height {
      let missing = size.height - padded.height
      operations += added(Pad.Margins(left: 0, top: missing, right: 0, bottom: missing), to: &padded)
    }
    guard padded.width >= size.width, padded.height >= size.height else {
      throw DatasetsError(
        .unsupported,
        "has \(padded) pixels with its padding, too few for a random_crop of \(size): pad more, or resize first")
    }
    if padded == size { return operations }
    let top = random.integer(below: padded.height - size.height + 1)
    let left = random.integer(below: padded.width - size.width + 1)
    return operations + [.crop(PixelBox(left: left, top: top, size: size))]
  }

  private func added(_ margins: Pad.Margins, to size: inout ImageSize) -> [PixelOperation] {
    let pad = Pad(margins, mode: padding.mode, fill: padding.fill)
    defer { size = pad.outputSize(for: size) }
    return pad.operations(for: size)
  }
}
