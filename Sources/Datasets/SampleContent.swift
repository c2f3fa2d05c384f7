/// What a dataset holds of one sample before decoding, in memory that is reused from sample to sample.
public struct SampleContent: ~Copyable {
  /// How the bytes are to be understood.
  public enum Form: Sendable, Hashable {
    /// An image file: JPEG, PNG or WebP.
    case encoded
    /// 8-bit pixels in rows from the top; `channels` is 1 (gray) or 3 (RGB, interleaved).
    case pixels(ImageSize, channels: Int)
  }

  /// How the bytes are to be understood.
  public private(set) var form = Form.encoded
  /// The number of bytes.
  public private(set) var count = 0
  private var memory = PixelMemory()

  /// No content yet.
  public init() {}

  /// Takes the bytes of an image file, which `fill` writes, all of them.
  public mutating func setEncoded<E: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    try set(.encoded, count: count, fill: fill)
  }

  /// Takes decoded pixels, which `fill` writes row by row, all of them. Traps unless `channels` is 1 or 3.
  public mutating func setPixels<E: Error>(
    _ size: ImageSize, channels: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    precondition(channels == 1 || channels == 3, "an image has 1 or 3 channels, not \(channels)")
    precondition(size.height > 0 && size.width > 0, "an image of \(size) has no pixels")
    try set(.pixels(size, channels: channels), count: size.height * size.width * channels, fill: fill)
  }

  private mutating func set<E: Error>(
    _ form: Form, count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    self.form = form
    self.count = 0
    memory.reserve(count)
    try fill(UnsafeMutableRawBufferPointer(start: memory.base, count: count))
    self.count = count
  }

  /// Reads the bytes. The pointer is valid only inside `body`.
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: memory.base, count: count))
  }

  /// The pixels, when the content is not encoded. Valid until the content changes.
  var view: PixelView? {
    guard case .pixels(let size, let channels) = form else { return nil }
    return PixelView(
      base: UnsafePointer(memory.base), size: size, channels: channels, rowBytes: size.width * channels)
  }

  /// The bytes, when the content is encoded. Valid until the content changes.
  var encodedBytes: UnsafeBufferPointer<UInt8>? {
    form == .encoded ? UnsafeBufferPointer(start: UnsafePointer(memory.base), count: count) : nil
  }

  /// Gives memory back that only an unusually large sample needed.
  mutating func trim() { memory.trim() }
}
