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

/// 128 bits of an image's size and pixels. Equal images have equal hashes; others have by chance once in 2¹²⁸. A gray image
/// is equal to one of three equal channels, which it stands for.
struct ContentHash: Sendable, Hashable {
  private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var second: UInt64 = 0xC2B2_AE3D_27D4_EB4F

  init(_ view: PixelView) {
    add(UInt64(view.size.height))
    add(UInt64(view.size.width))
    let isGray = Self.isGray(view)
    add(isGray ? 1 : 3)
    var gray = [UInt8](repeating: 0, count: isGray && view.channels == 3 ? view.size.width : 0)
    for row in 0..<view.size.height {
      let start = view.base + row * view.rowBytes
      if gray.isEmpty {
        add(UnsafeRawBufferPointer(start: start, count: view.size.width * view.channels))
      } else {
        for column in gray.indices { gray[column] = start[3 * column] }
        gray.withUnsafeBytes { add($0) }
      }
    }
  }

  /// Whether every pixel is gray; the first that is not ends the search.
  private static func isGray(_ view: PixelView) -> Bool {
    guard view.channels == 3 else { return true }
    for row in 0..<view.size.height {
      var pixel = view.base + row * view.rowBytes
      for _ in 0..<view.size.width {
        guard pixel[0] == pixel[1] && pixel[1] == pixel[2] else { return false }
        pixel += 3
      }
    }
    return true
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place + 8 <= bytes.count {
      add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    for byte in bytes[place...] { rest = rest << 8 | UInt64(byte) }
    add(rest)
  }

  private mutating func add(_ word: UInt64) {
    first = (first ^ word) &* 0x9FB2_1C65_1E98_DF25
    first ^= first >> 32
    second = (second &+ word) &* 0xD6E8_FEB8_6659_FD93
    second ^= second >> 29
  }
}
