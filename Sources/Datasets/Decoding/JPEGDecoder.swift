import CPixels
import CTurboJPEG

/// JPEG through libjpeg-turbo: accurate integer DCT and smooth chroma upsampling, which is what Pillow uses.
struct JPEGDecoder: ~Copyable {
  private let handle: tjhandle?
  private var inks = PixelMemory()

  init() { handle = tjInitDecompress() }

  deinit { if let handle { tjDestroy(handle) } }

  /// Decodes a JPEG to 1 channel when it is gray, to 3 otherwise; CMYK and YCCK are taken as Adobe's inverted inks.
  ///
  /// Damage that libjpeg could paper over is an error, except stray bytes between markers, which change no pixel.
  /// - Returns: A view into `pixels`.
  mutating func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, named name: String, into pixels: inout PixelMemory
  ) throws(DatasetsError) -> PixelView {
    guard let handle else {
      throw DatasetsError(.unreadable, at: name, "libjpeg-turbo could not start: is there enough memory?")
    }
    var width: CInt = 0
    var height: CInt = 0
    var subsampling: CInt = 0
    var colorspace: CInt = -1
    // The status is not asked: an unusual chroma subsampling is reported as an error, but the size is set and decoding
    // works; and a file that ends before its frame header is reported as none, but sets no size.
    tjDecompressHeader3(handle, bytes.baseAddress, UInt(bytes.count), &width, &height, &subsampling, &colorspace)
    guard width > 0, height > 0, colorspace >= 0 else { throw corrupt(name, "it has no readable header") }
    let size = try ImageDecoder.check(width: Int(width), height: Int(height), named: name)
    let count = size.width * size.height
    switch TJCS(rawValue: UInt32(bitPattern: colorspace)) {
    case TJCS_GRAY:
      pixels.reserve(count)
      try decompress(bytes, to: pixels.base, size, TJPF_GRAY, named: name)
      return PixelView(base: UnsafePointer(pixels.base), size: size, channels: 1, rowBytes: size.width)
    case TJCS_CMYK, TJCS_YCCK:
      inks.reserve(count * 4)
      pixels.reserve(count * 3)
      try decompress(bytes, to: inks.base, size, TJPF_CMYK, named: name)
      cpixels_inverted_cmyk_to_rgb(inks.base, pixels.base, count)
      inks.trim()
    default:
      pixels.reserve(count * 3)
      try decompress(bytes, to: pixels.base, size, TJPF_RGB, named: name)
    }
    return PixelView(base: UnsafePointer(pixels.base), size: size, channels: 3, rowBytes: size.width * 3)
  }

  private func decompress(
    _ bytes: UnsafeBufferPointer<UInt8>, to pixels: UnsafeMutablePointer<UInt8>, _ size: ImageSize, _ format: TJPF,
    named name: String
  ) throws(DatasetsError) {
    // Progressive bombs: more than 500 scans are refused.
    let flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS
    let status = tjDecompress2(
      handle, bytes.baseAddress, UInt(bytes.count), pixels, CInt(size.width), 0, CInt(size.height),
      CInt(format.rawValue), flags)
    guard status == 0 || isHarmlessWarning else { throw corrupt(name, reason) }
  }

  /// Whether the last warning is about bytes that belong to no marker: some cameras and editors leave them.
  private var isHarmlessWarning: Bool {
    tjGetErrorCode(handle) == CInt(TJERR_WARNING.rawValue) && reason.contains("extraneous bytes")
  }

  private var reason: String { tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown reason" }

  private func corrupt(_ name: String, _ reason: String) -> DatasetsError {
    DatasetsError(
      .corrupt, at: name, "the JPEG is damaged (\(printable(reason))): replace or remove it")
  }
}
