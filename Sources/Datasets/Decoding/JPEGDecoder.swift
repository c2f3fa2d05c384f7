import CJPEG
import CPixels

/// JPEG through libjpeg-turbo: accurate integer DCT and smooth chroma upsampling, which is what Pillow uses.
struct JPEGDecoder: ~Copyable {
  private let handle: OpaquePointer?
  private var inks = PixelMemory()
  /// Of the opened image.
  private var header = cjpeg_header()

  /// Whether the opened image is one of inks.
  var hasInks: Bool { header.channels == 4 }

  init() { handle = cjpeg_make() }

  deinit { if let handle { cjpeg_free(handle) } }

  /// Reads the header of a JPEG, which ``decode(_:named:into:)`` then decodes: its bytes stay where they are until then.
  /// - Returns: The size in the file.
  mutating func open(_ bytes: UnsafeBufferPointer<UInt8>, named name: String) throws(DatasetsError) -> ImageSize {
    guard let handle else {
      throw DatasetsError(.unreadable, at: name, "libjpeg-turbo could not start: is there enough memory?")
    }
    guard let base = bytes.baseAddress else { throw corrupt(name, "it is empty") }
    var message = [CChar](repeating: 0, count: CJPEG_MESSAGE_SIZE)
    guard cjpeg_open(handle, base, bytes.count, &header, &message) == 1 else {
      throw corrupt(name, "it has no readable header: \(Self.text(message))")
    }
    return try ImageDecoder.check(width: Int(header.width), height: Int(header.height), named: name)
  }

  /// Decodes a part of the opened image, to 1 channel when it is gray, to 3 otherwise; CMYK and YCCK are taken as Adobe's
  /// inverted inks.
  ///
  /// Damage that libjpeg could paper over is an error, except stray bytes between markers, which change no pixel. It is
  /// found anywhere in the file, but when the part stops early only in what had to be read for it.
  /// - Returns: A view into `pixels` of just that part.
  mutating func decode(
    _ part: DecodingPart, named name: String, into pixels: inout PixelMemory
  ) throws(DatasetsError) -> PixelView {
    guard let handle else { throw corrupt(name, "it was not opened") }
    let wanted = cjpeg_box(
      left: UInt32(part.box.left), top: UInt32(part.box.top), width: UInt32(part.box.size.width),
      height: UInt32(part.box.size.height))
    let reduction = UInt32(part.reduction)
    let window = cjpeg_window(handle, reduction, wanted)
    let size = ImageSize(Int(window.height), Int(window.width))
    let count = size.width * size.height
    let channels = hasInks ? 3 : Int(header.channels)
    pixels.reserve(count * channels)
    if hasInks { inks.reserve(count * 4) }
    defer { inks.trim() }
    var message = [CChar](repeating: 0, count: CJPEG_MESSAGE_SIZE)
    let target = hasInks ? inks.base : pixels.base
    guard cjpeg_decode(handle, reduction, wanted, part.stopsEarly ? 1 : 0, target, &message) == 1 else {
      throw corrupt(name, Self.text(message))
    }
    if hasInks { cpixels_inverted_cmyk_to_rgb(inks.base, pixels.base, count) }
    return PixelView(
      base: UnsafePointer(pixels.base), size: size, channels: channels, rowBytes: size.width * channels
    ).cropped(
      to: PixelBox(
        left: part.box.left - Int(window.left), top: part.box.top - Int(window.top), size: part.box.size))
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func corrupt(_ name: String, _ reason: String) -> DatasetsError {
    DatasetsError(.corrupt, at: name, "the JPEG is damaged (\(printable(reason))): replace or remove it")
  }
}
