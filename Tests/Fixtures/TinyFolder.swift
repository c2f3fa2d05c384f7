import Foundation
import Tensors

/// A folder with one folder of 28×28 gray PNG images for each class.
public struct TinyFolder: Sendable {
  /// What `--data` takes.
  public let path: String

  /// Writes the images `0.png`, `1.png`, … of each class.
  /// - Parameter classes: How many images each class has.
  public init(in folder: TemporaryFolder, named name: String, classes: KeyValuePairs<String, Int>) throws {
    path = try folder.makeFolder(name)
    var random = RandomSource(seed: 3, purpose: .synthetic)
    for (label, (className, count)) in classes.enumerated() {
      _ = try folder.makeFolder("\(name)/\(className)")
      for index in 0..<count {
        let png = PNG.gray(Pattern.pixels(of: label, &random), width: Pattern.side)
        try png.write(to: URL(fileURLWithPath: "\(path)/\(className)/\(index).png"))
      }
    }
  }
}

/// PNG files without compression (ISO/IEC 15948, and RFC 1951's stored blocks), so that the tests need no encoder.
enum PNG {
  /// An 8-bit gray image.
  static func gray(_ pixels: [UInt8], width: Int) -> Data {
    let height = pixels.count / width
    var rows: [UInt8] = []
    for row in 0..<height { rows += [0] + pixels[row * width..<(row + 1) * width] }
    let length = UInt16(rows.count)
    var zlib: [UInt8] = [0x78, 0x01, 0x01]
    zlib += bytes(length.littleEndian) + bytes((~length).littleEndian)
    zlib += rows + bytes(adler32(rows).bigEndian)
    var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    data += chunk("IHDR", bytes(UInt32(width).bigEndian) + bytes(UInt32(height).bigEndian) + [8, 0, 0, 0, 0])
    data += chunk("IDAT", zlib) + chunk("IEND", [])
    return data
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return bytes(UInt32(content.count).bigEndian) + body + bytes(crc32(body).bigEndian)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }
}
