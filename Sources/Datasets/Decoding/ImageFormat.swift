/// The kinds of image file that are recognised, by their first bytes.
enum ImageFormat: String {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"
  case gif = "GIF"
  case bmp = "BMP"
  case tiff = "TIFF"
  case netpbm = "PPM/PGM"

  /// The endings that count as images in a folder: torchvision's `IMG_EXTENSIONS`.
  static let extensions = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"]

  /// Whether a file's name ends like an image's, in any case.
  static func hasImageExtension(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return extensions.contains { lowered.hasSuffix($0) }
  }

  /// Recognises a format by its signature.
  init?(sniffing bytes: UnsafeBufferPointer<UInt8>) {
    func starts(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + signature.count && bytes[offset..<offset + signature.count].elementsEqual(signature)
    }
    func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
      starts(text.withUTF8Buffer { Array($0) }, at: offset)
    }
    if starts([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if starts("RIFF") && starts("WEBP", at: 8) {
      self = .webp
    } else if starts("GIF8") {
      self = .gif
    } else if starts([0x49, 0x49, 0x2A, 0x00]) || starts([0x4D, 0x4D, 0x00, 0x2A]) {
      self = .tiff
    } else if starts("BM") {
      self = .bmp
    } else if bytes.count > 2, bytes[0] == UInt8(ascii: "P"), (0x31...0x36).contains(bytes[1]) {
      self = .netpbm
    } else {
      return nil
    }
  }
}
