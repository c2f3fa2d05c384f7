import CPNG

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension Image {
  /// The image as a PNG file, without loss.
  /// - Throws: ``DatasetsError`` when memory is short.
  public func encodedPNG() throws(DatasetsError) -> [UInt8] {
    var message = [CChar](repeating: 0, count: CPNG_MESSAGE_SIZE)
    var count = 0
    let encoded = pixels.withUnsafeBufferPointer { pixels in
      pixels.baseAddress.flatMap {
        cpng_encode($0, UInt32(size.width), UInt32(size.height), UInt32(channels), &count, &message)
      }
    }
    guard let encoded else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw DatasetsError(.argument, "an image of \(size) could not be written as PNG (\(printable(reason)))")
    }
    defer { cpng_free(encoded) }
    return Array(UnsafeBufferPointer(start: encoded, count: count))
  }

  /// Writes the image as a PNG file, in one step: whoever reads the path sees the old file or the whole new one.
  /// - Throws: ``DatasetsError`` that names the file.
  public func writePNG(to path: String) throws(DatasetsError) { try FileBytes.write(try encodedPNG(), to: path) }
}
