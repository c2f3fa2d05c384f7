#if os(Linux)
  import Datasets
  import Fixtures
  import Foundation
  import Testing

  /// What images of strangers may cost, whatever they claim.
  struct DataCostTests {
    /// zlib data (RFC 1950) of `count` zeros, `count` - 1 a multiple of 258: one literal, and then copies of it.
    private static func packedZeros(_ count: Int) -> [UInt8] {
      var bytes: [UInt8] = [0x78, 0x9C]
      var (pending, held): (UInt64, Int) = (0, 0)
      // Codes come with their first bit first; other numbers with their last.
      func put(_ code: UInt64, _ bits: Int) {
        pending |= code << held
        held += bits
        while held >= 8 {
          bytes.append(UInt8(truncatingIfNeeded: pending))
          pending >>= 8
          held -= 8
        }
      }
      put(0b011, 3)  // The last block, with the fixed codes (RFC 1951, 3.2.6).
      put(0b0000_1100, 8)  // The literal 0: 00110000.
      for _ in 0..<(count - 1) / 258 {
        put(0b1010_0011, 8)  // 258 bytes: code 285, 11000101.
        put(0, 5)  // From one byte before.
      }
      put(0, 7)  // The end.
      put(0, 7)
      let adler = UInt32(count % 65_521) << 16 | 1
      return bytes + bigEndian(Int(adler))
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
      var sum: UInt32 = 0xFFFF_FFFF
      for byte in Array(type.utf8) + content {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
      }
      return bigEndian(content.count) + Array(type.utf8) + content + bigEndian(Int(~sum))
    }

    /// Sixty texts that unpack to nearly 8 MB each: libpng would keep all of them.
    @Test func textsOfAPNGAreNotKept() throws {
      let folder = try TemporaryFolder()
      let image = try Image(size: ImageSize(2), channels: 1, pixels: [1, 2, 3, 4]).encodedPNG()
      let text = Self.chunk("zTXt", Array("Comment\0\0".utf8) + Self.packedZeros(258 * 30_000 + 1))
      // After the header of 8 + 25 bytes.
      let bytes = image[..<33] + (0..<60).flatMap { _ in text } + image[33...]
      _ = try folder.makeFolder("data/a")
      try Data(bytes).write(to: URL(filePath: folder.path("data/a/1.png")))
      let result = try MeasuredCommand(["data", "verify", "data"], in: folder.path, limit: 60)
      #expect(result.status == 0, "\(result.output)\(result.errors)")
      #expect(result.peak < 200 << 20, "\(result.peak >> 20) MB")
    }
  }
#endif
