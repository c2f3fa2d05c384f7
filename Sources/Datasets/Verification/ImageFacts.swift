/// What is found in one image file when it is decoded.
struct ImageFacts: Sendable {
  let format: String
  let size: ImageSize
  /// Whether it is a JPEG of inks, whose conversion to RGB programs disagree about.
  let hasInks: Bool
  /// Whether it is a PNG of 16 bits a channel, of which 8 are used.
  let isDeep: Bool
  /// Whether EXIF says that it is to be turned.
  let isTurned: Bool
  /// Of size and pixels: equal images have the same, in whichever files.
  let content: ContentHash

  /// Decodes a sample.
  /// - Throws: ``DatasetsError`` that names the sample.
  init(_ index: Int, of dataset: any Dataset) throws(DatasetsError) {
    var content = SampleContent()
    try dataset.read(index, into: &content)
    var decoder = ImageDecoder(DecodingOptions(turnsByEXIF: true))
    do throws(DatasetsError) {
      let opened = try decoder.open(content, named: "")
      let view = try decoder.decode(DecodingPart(all: opened.size), of: opened, named: "")
      size = opened.size
      hasInks = opened.hasInks
      isTurned = opened.orientation != .asItIs
      self.content = ContentHash(view)
      let kind = content.encodedBytes.flatMap { ImageFormat(sniffing: $0) }
      format = kind?.rawValue ?? "pixels"
      // The depth stands in the header (ISO/IEC 15948, 11.2.2).
      isDeep = kind == .png && content.encodedBytes.map { $0.count > 24 && $0[24] == 16 } == true
    } catch {
      throw DatasetsError(error.code, at: dataset.describe(index), error.message)
    }
  }
}

/// 128 bits of an image's size and pixels. Equal images have equal hashes; others have by chance once in 2¹²⁸.
struct ContentHash: Sendable, Hashable {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  init(_ view: PixelView) {
    add(UInt64(view.size.height))
    add(UInt64(view.size.width))
    add(UInt64(view.channels))
    let rowBytes = view.size.width * view.channels
    for row in 0..<view.size.height {
      let bytes = UnsafeRawBufferPointer(start: view.base + row * view.rowBytes, count: rowBytes)
      var place = 0
      while place + 8 <= rowBytes {
        add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        place += 8
      }
      var rest: UInt64 = 0
      for byte in bytes[place...] { rest = rest << 8 | UInt64(byte) }
      add(rest)
    }
  }

  private mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0x9FB2_1C65_1E98_DF25
    first ^= first >> 32
    second = (second &+ word) &* 0xD6E8_FEB8_6659_FD93
    second ^= second >> 29
  }
}
