/// A decoded image: 8 bits per channel, gray or RGB.
public struct Image: Sendable, Hashable {
  /// Height and width in pixels.
  public let size: ImageSize
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  /// Rows from the top, channels interleaved: `height * width * channels` values.
  public let pixels: [UInt8]

  /// An image of the given pixels. Traps when their number is not the size's, or on other than 1 or 3 channels.
  public init(size: ImageSize, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels, not \(channels)")
    precondition(
      size.height > 0 && size.width > 0 && pixels.count == size.height * size.width * channels,
      "\(pixels.count) values are no image of \(size) with \(channels) channels")
    self.size = size
    self.channels = channels
    self.pixels = pixels
  }

  /// Reads and decodes an image file. Its content decides the format, not its name.
  /// - Throws: ``DatasetsError`` that names the file.
  public init(contentsOf path: String) throws(DatasetsError) {
    var content = SampleContent()
    try FileBytes.read(path, into: &content)
    try self.init(decoding: content, named: path)
  }

  /// Decodes what a dataset delivered.
  init(decoding content: borrowing SampleContent, named name: String) throws(DatasetsError) {
    var decoder = ImageDecoder()
    self.init(try decoder.decode(content, named: name))
  }

  /// Copies the pixels of a view.
  init(_ view: PixelView) {
    let rowBytes = view.size.width * view.channels
    let pixels = [UInt8](unsafeUninitializedCapacity: rowBytes * view.size.height) { buffer, initialized in
      for row in 0..<view.size.height {
        let source = UnsafeBufferPointer(start: view.base + row * view.rowBytes, count: rowBytes)
        _ = UnsafeMutableBufferPointer(rebasing: buffer[(row * rowBytes)...]).initialize(from: source)
      }
      initialized = rowBytes * view.size.height
    }
    self.init(size: view.size, channels: view.channels, pixels: pixels)
  }
}
