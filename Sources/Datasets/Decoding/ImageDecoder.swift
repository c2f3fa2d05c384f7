/// Decodes samples to 8-bit gray or RGB, reusing its memory: one per worker.
///
/// Pixels equal Pillow's `Image.open(path).convert("RGB")`; gray images stay at one channel, which stands for three
/// equal ones. EXIF orientation is ignored, as torchvision does.
struct ImageDecoder: ~Copyable {
  /// The most pixels an image may have: Pillow's limit against decompression bombs, 2 × 89,478,485. As RGB that is
  /// 512 MiB.
  static let mostPixels = 178_956_970

  private var jpeg = JPEGDecoder()
  private var pixels = PixelMemory()

  /// Decodes content.
  /// - Parameter name: The sample's name for messages.
  /// - Returns: A view into this decoder or into `content`, valid until either changes.
  /// - Throws: ``DatasetsError`` of code `corrupt`, `unsupported` or `tooLarge`.
  mutating func decode(_ content: borrowing SampleContent, named name: String) throws(DatasetsError) -> PixelView {
    if let view = content.view { return view }
    guard let bytes = content.encodedBytes, !bytes.isEmpty else {
      throw DatasetsError(.corrupt, at: name, "the file is empty: replace or remove it")
    }
    switch ImageFormat(sniffing: bytes) {
    case .jpeg: return try jpeg.decode(bytes, named: name, into: &pixels)
    case .png: return try PNGDecoder.decode(bytes, named: name, into: &pixels)
    case .webp: return try WebPDecoder.decode(bytes, named: name, into: &pixels)
    case .some(let format):
      throw DatasetsError(
        .unsupported, at: name, "is a \(format.rawValue) image; JPEG, PNG and WebP can be read: convert or remove it")
    case nil:
      throw DatasetsError(
        .corrupt, at: name,
        "is no image: its content is neither JPEG nor PNG nor WebP (\(bytes.count) bytes); remove it")
    }
  }

  /// Gives memory back that only an unusually large image needed.
  mutating func trim() { pixels.trim() }

  /// Checks a size that a file announces, before memory is taken for it.
  static func check(width: Int, height: Int, named name: String) throws(DatasetsError) -> ImageSize {
    guard width > 0, height > 0 else {
      throw DatasetsError(.corrupt, at: name, "announces an image of \(height)x\(width) pixels")
    }
    let (count, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, count <= mostPixels else {
      throw DatasetsError(
        .tooLarge, at: name, "announces \(height)x\(width) pixels; at most \(mostPixels) are decoded: scale it down")
    }
    return ImageSize(height, width)
  }
}
