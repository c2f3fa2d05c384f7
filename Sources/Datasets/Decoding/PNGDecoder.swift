import CPNG

/// PNG through libpng.
enum PNGDecoder {
  /// Decodes a PNG to 1 channel when it is gray, to 3 otherwise. Alpha is dropped, palettes are looked up, 16-bit colour
  /// keeps its high byte and 16-bit gray is clipped at 255: all as Pillow's `convert("RGB")`.
  /// - Returns: A view into `pixels`.
  static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, named name: String, into pixels: inout PixelMemory
  ) throws(DatasetsError) -> PixelView {
    guard let base = bytes.baseAddress else { throw DatasetsError(.corrupt, at: name, "the file is empty") }
    var message = [CChar](repeating: 0, count: CPNG_MESSAGE_SIZE)
    var header = cpng_header()
    guard cpng_read_header(base, bytes.count, &header, &message) == 1 else { throw corrupt(name, message) }
    let size = try ImageDecoder.check(width: Int(header.width), height: Int(header.height), named: name)
    let channels = Int(header.channels)
    pixels.reserve(size.width * size.height * channels)
    guard cpng_decode(base, bytes.count, &header, pixels.base, &message) == 1 else { throw corrupt(name, message) }
    return PixelView(
      base: UnsafePointer(pixels.base), size: size, channels: channels, rowBytes: size.width * channels)
  }

  private static func corrupt(_ name: String, _ message: [CChar]) -> DatasetsError {
    let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return DatasetsError(
      .corrupt, at: name, "the PNG is damaged (\(printable(reason))): replace or remove it")
  }
}
