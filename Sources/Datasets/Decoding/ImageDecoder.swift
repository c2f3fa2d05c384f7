/// Decodes samples to 8-bit gray or RGB, reusing its memory: one per worker.
///
/// Pixels equal Pillow's `Image.open(path).convert("RGB")`; gray images stay at one channel, which stands for three
/// equal ones.
struct ImageDecoder: ~Copyable {
  /// The most pixels an image may have: Pillow's limit against decompression bombs, 2 × 89,478,485. As RGB that is
  /// 512 MiB.
  static let mostPixels = 178_956_970

  private let options: DecodingOptions
  private var jpeg = JPEGDecoder()
  private var pixels = PixelMemory()

  init(_ options: DecodingOptions = DecodingOptions()) { self.options = options }

  /// An image whose header is read, or that is decoded already.
  struct Opened {
    /// The size in the file, before turning.
    let size: ImageSize
    /// How it is to be turned; as it is unless the options ask.
    let orientation: ImageOrientation
    /// Whether it is a JPEG of inks.
    let hasInks: Bool
    /// Whether parts of it can be decoded.
    var isJPEG: Bool { decoded == nil }
    fileprivate let decoded: PixelView?
  }

  /// Reads the header of an image; of formats that are decoded in one go, all.
  /// - Parameter name: The sample's name for messages.
  /// - Throws: ``DatasetsError`` of code `corrupt`, `unsupported` or `tooLarge`.
  mutating func open(_ content: borrowing SampleContent, named name: String) throws(DatasetsError) -> Opened {
    if let view = content.view { return Opened(size: view.size, orientation: .asItIs, hasInks: false, decoded: view) }
    guard let bytes = content.encodedBytes, !bytes.isEmpty else {
      throw DatasetsError(.corrupt, at: name, "the file is empty: replace or remove it")
    }
    let format = ImageFormat(sniffing: bytes)
    let orientation = options.turnsByEXIF ? ImageOrientation(of: bytes, format) : .asItIs
    switch format {
    case .jpeg:
      let size = try jpeg.open(bytes, named: name)
      return Opened(size: size, orientation: orientation, hasInks: jpeg.hasInks, decoded: nil)
    case .png:
      let view = try PNGDecoder.decode(bytes, named: name, into: &pixels)
      return Opened(size: view.size, orientation: orientation, hasInks: false, decoded: view)
    case .webp:
      let view = try WebPDecoder.decode(bytes, named: name, into: &pixels)
      return Opened(size: view.size, orientation: orientation, hasInks: false, decoded: view)
    case .some(let format):
      throw DatasetsError(
        .unsupported, at: name, "is a \(format.rawValue) image; JPEG, PNG and WebP can be read: convert or remove it")
    case nil:
      throw DatasetsError(
        .corrupt, at: name,
        "is no image: its content is neither JPEG nor PNG nor WebP (\(bytes.count) bytes); remove it")
    }
  }

  /// Decodes a part of an opened image; the content is where it was.
  /// - Returns: A view into this decoder or into the content, valid until either changes.
  mutating func decode(_ part: DecodingPart, of opened: Opened, named name: String) throws(DatasetsError) -> PixelView {
    if let view = opened.decoded { return view.cropped(to: part.box) }
    return try jpeg.decode(part, named: name, into: &pixels)
  }

  /// Decodes all of an image, as it lies in the file.
  /// - Throws: ``DatasetsError`` of code `corrupt`, `unsupported` or `tooLarge`.
  mutating func decode(_ content: borrowing SampleContent, named name: String) throws(DatasetsError) -> PixelView {
    let opened = try open(content, named: name)
    return try decode(DecodingPart(all: opened.size), of: opened, named: name)
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
