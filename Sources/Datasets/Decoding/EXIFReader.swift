/// Finds the orientation in the metadata of an image file: EXIF (CIPA DC-008) or, where that has none, XMP's
/// `tiff:Orientation`. It reads what is there and no byte more: every offset is checked.
struct EXIFReader {
  /// The value of tag 274 as it stands; nil when there is none.
  private(set) var orientation: Int?

  private let bytes: UnsafeBufferPointer<UInt8>

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ format: ImageFormat?) {
    self.bytes = bytes
    let blocks =
      switch format {
      case .jpeg: jpegBlocks()
      case .png: pngBlocks()
      case .webp: webpBlocks()
      default: Blocks()
      }
    orientation =
      blocks.exif.flatMap(tag) ?? blocks.xmp.flatMap(xmpOrientation)
      ?? Self.read(blocks.rawEXIF) { $0.tag(in: $1) } ?? Self.read(blocks.packedXMP) { $0.xmpOrientation(in: $1) }
  }

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Looks into metadata that had to be unpacked.
  private static func read(_ unpacked: [UInt8]?, _ look: (EXIFReader, Range<Int>) -> Int?) -> Int? {
    unpacked.flatMap { bytes in bytes.withUnsafeBufferPointer { look(EXIFReader($0), bytes.indices) } }
  }

  /// Where the metadata lie, or what they are where they had to be unpacked.
  private struct Blocks {
    var exif, xmp: Range<Int>?
    var rawEXIF, packedXMP: [UInt8]?
  }

  private func starts(_ text: StaticString, at offset: Int) -> Bool {
    text.withUTF8Buffer { bytes.count - offset >= $0.count && bytes[offset..<offset + $0.count].elementsEqual($0) }
  }

  private func big16(_ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
  private func big32(_ offset: Int) -> Int { big16(offset) << 16 | big16(offset + 2) }
  private func little32(_ offset: Int) -> Int {
    Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16 | Int(bytes[offset + 3]) << 24
  }

  /// The segments APP1 before the image.
  private func jpegBlocks() -> Blocks {
    var blocks = Blocks()
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xFF {
      let marker = bytes[place + 1]
      if marker == 0xFF {
        place += 1
        continue
      }
      // The image begins, or ends.
      if marker == 0xDA || marker == 0xD9 { break }
      if marker == 0x01 || (0xD0...0xD8).contains(marker) {
        place += 2
        continue
      }
      let end = place + 2 + big16(place + 2)
      guard end >= place + 4, end <= bytes.count else { break }
      let content = place + 4
      if marker == 0xE1 {
        if blocks.exif == nil, starts("Exif\0\0", at: content), content + 6 <= end { blocks.exif = content + 6..<end }
        if blocks.xmp == nil, starts("http://ns.adobe.com/xap/1.0/\0", at: content), content + 29 <= end {
          blocks.xmp = content + 29..<end
        }
      }
      place = end
    }
    return blocks
  }

  private func pngBlocks() -> Blocks {
    var blocks = Blocks()
    var place = 8
    while place + 12 <= bytes.count {
      let count = big32(place)
      let content = place + 8
      guard count <= bytes.count - content - 4 else { break }
      if blocks.exif == nil, starts("eXIf", at: place + 4) { blocks.exif = content..<content + count }
      let type = Array(bytes[place + 4..<content])
      let chunk = UnsafeBufferPointer(rebasing: bytes[content..<content + count])
      // ImageMagick's way of before PNG had a chunk for it.
      if blocks.rawEXIF == nil, let text = PNGText.text(type, chunk, keyword: "Raw profile type exif") {
        blocks.rawEXIF = PNGText.rawProfile(text)
      }
      if blocks.packedXMP == nil { blocks.packedXMP = PNGText.text(type, chunk, keyword: "XML:com.adobe.xmp") }
      place = content + count + 4
    }
    // As in Pillow, the chunk counts alone where there is one.
    if blocks.exif != nil { blocks.rawEXIF = nil }
    return blocks
  }

  private func webpBlocks() -> Blocks {
    var blocks = Blocks()
    var place = 12
    while place + 8 <= bytes.count {
      let count = little32(place + 4)
      let content = place + 8
      guard count <= bytes.count - content else { break }
      if blocks.exif == nil, starts("EXIF", at: place) {
        blocks.exif = content..<content + count
      }
      if blocks.xmp == nil, starts("XMP ", at: place) { blocks.xmp = content..<content + count }
      place = content + count + count % 2
    }
    return blocks
  }

  /// Tag 274 in the first directory of TIFF data, which some programs write with JPEG's mark before it, even twice.
  private func tag(in block: Range<Int>) -> Int? {
    var range = block
    for _ in 0..<2 where range.count >= 6 && starts("Exif\0\0", at: range.lowerBound) {
      range = range.lowerBound + 6..<range.upperBound
    }
    guard range.count >= 8 else { return nil }
    let isLittle = starts("II*\0", at: range.lowerBound)
    guard isLittle || starts("MM\0*", at: range.lowerBound) else { return nil }
    func number16(_ offset: Int) -> Int {
      isLittle ? Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 : big16(offset)
    }
    func number32(_ offset: Int) -> Int { isLittle ? little32(offset) : big32(offset) }
    let offset = number32(range.lowerBound + 4)
    guard offset <= range.count - 2 else { return nil }
    let directory = range.lowerBound + offset
    for entry in 0..<number16(directory) {
      let place = directory + 2 + entry * 12
      guard place + 12 <= range.upperBound else { return nil }
      guard number16(place) == 274 else { continue }
      // SHORT, or LONG as some programs write it; one value.
      guard number32(place + 4) == 1 else { return nil }
      switch number16(place + 2) {
      case 3: return number16(place + 8)
      case 4: return number32(place + 8)
      default: return nil
      }
    }
    return nil
  }

  /// The digit in `tiff:Orientation="6"` or `<tiff:Orientation>6`.
  private func xmpOrientation(in range: Range<Int>) -> Int? {
    let name: StaticString = "tiff:Orientation"
    var place = range.lowerBound
    while place + 18 <= range.upperBound {
      if starts(name, at: place) {
        let after = place + 16
        let digit =
          starts("=\"", at: after) ? after + 2 : bytes[after] == UInt8(ascii: ">") ? after + 1 : range.upperBound
        if digit < range.upperBound, (0x30...0x39).contains(bytes[digit]) { return Int(bytes[digit]) - 0x30 }
      }
      place += 1
    }
    return nil
  }
}
