import Tensors
import Testing

@testable import Checkpoint

/// Streams of ``PlaneCompressor`` against libdeflate and zlib, which know nothing of how they were made.
struct PlaneCompressorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Bytes that show each way to compress, and the borders between them.
  enum Content: String, CaseIterable, Sendable {
    case empty, oneByte, short, zeros, noise, weights, momentum, halves, text, twoValues, oneRareValue, steep, integers
    case alternating

    func bytes(_ random: inout RandomSource) -> [UInt8] {
      func words(_ count: Int, _ word: (Int) -> UInt32) -> [UInt8] {
        (0..<count).flatMap { index in withUnsafeBytes(of: word(index).littleEndian, Array.init) }
      }
      switch self {
      case .empty: return []
      case .oneByte: return [7]
      case .short: return (0..<100).map { UInt8($0) }
      case .zeros: return [UInt8](repeating: 0, count: 1 << 18)
      case .noise: return (0..<1 << 18).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      case .weights: return words(1 << 17) { _ in Float(random.normal() * 0.02).bitPattern }
      case .momentum: return words(100_001) { $0 % 3 == 0 ? 0 : Float(random.normal()).bitPattern }
      case .halves: return words(70_000) { _ in UInt32(truncatingIfNeeded: random.next()) & 0x3FFF_3FFF }
      case .text: return Array(String(repeating: "the quick brown fox jumps over the lazy dog. ", count: 4000).utf8)
      case .twoValues: return (0..<90_000).map { _ in random.next() & 1 == 0 ? 3 : 250 }
      case .oneRareValue: return (0..<100_000).map { $0 == 70_000 ? 1 : UInt8(truncatingIfNeeded: random.next()) | 1 }
      case .steep:
        // Frequencies that halve from value to value need codes longer than any that is allowed.
        return (0..<300_000).map { _ in UInt8(min(63, (random.next() | 1 << 63).trailingZeroBitCount)) }
      case .integers: return words(50_000) { UInt32($0 * 2) }
      case .alternating: return words(1 << 16) { $0 % 2 == 0 ? 0x3F80_0000 : UInt32(truncatingIfNeeded: random.next()) }
      }
    }
  }

  @Test(arguments: Content.allCases, [1, 12])
  func comesBack(_ content: Content, _ level: Int) throws {
    var random = RandomSource(seed: 7, purpose: .synthetic)
    let bytes = content.bytes(&random)
    let compressor = try PlaneCompressor(level: level)
    for planeCount in [1, 4] {
      var output = [UInt8](repeating: 0xAA, count: compressor.bound(bytes.count, planeCount: planeCount))
      let count = bytes.withUnsafeBytes { input in
        output.withUnsafeMutableBytes { compressor.compress(input, planeCount: planeCount, into: $0) }
      }
      output.removeSubrange(count...)
      var again = [UInt8](repeating: 0, count: bytes.count + 1)
      let inflation = try Inflation()
      let found = output.withUnsafeBytes { input in
        again.withUnsafeMutableBytes { inflation.inflate(input, into: $0) }
      }
      #expect(found == bytes.count)
      #expect(again.dropLast() == bytes[...], "\(planeCount) planes")
      #expect(try inflatedByZlib(output) == bytes, "\(planeCount) planes")
    }
  }

  /// What zlib makes of the stream between its header and its checksum.
  private func inflatedByZlib(_ stream: [UInt8]) throws -> [UInt8] {
    let path = folder.file("stream")
    try TemporaryFolder.write(stream, to: path)
    var inflater = try Inflater()
    var bytes: [UInt8] = []
    let isWhole = try inflater.inflate(stream.count - 6, of: OpenFile(path, .read), at: 2) { piece in
      bytes += piece
      return true
    }
    #expect(isWhole)
    return bytes
  }

  /// Noise costs next to nothing, exponents gain, and what repeats itself nearly vanishes.
  @Test(arguments: [(Content.noise, 1.0, 1.001), (.weights, 0.80, 0.86), (.zeros, 0, 0.01), (.text, 0, 0.02)])
  func sizes(_ content: Content, _ least: Double, _ most: Double) throws {
    var random = RandomSource(seed: 7, purpose: .synthetic)
    let bytes = content.bytes(&random)
    var shuffled = bytes
    bytes.withUnsafeBytes { source in
      shuffled.withUnsafeMutableBytes { Shuffle.shuffle(source, elementSize: 4, into: $0) }
    }
    let compressor = try PlaneCompressor(level: 1)
    var output = [UInt8](repeating: 0, count: compressor.bound(bytes.count, planeCount: 4))
    let count = shuffled.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { compressor.compress(input, planeCount: 4, into: $0) }
    }
    let ratio = Double(count) / Double(bytes.count)
    #expect(ratio >= least && ratio <= most, "\(ratio)")
  }

  /// The shortest code of a known case, and the longest symbol where that is limited.
  @Test func codes() {
    #expect(HuffmanCode(frequencies: [5, 0, 2, 1, 1], limit: 15).lengths == [1, 0, 2, 3, 3])
    #expect(HuffmanCode(frequencies: [1, 1, 2, 4, 8, 16], limit: 4).lengths.max() == 4)
    let steep = HuffmanCode(frequencies: (0..<40).map { 1 << $0 }, limit: 11)
    #expect(steep.lengths.max() == 11)
    // Kraft: exactly all codes are used.
    #expect(steep.lengths.reduce(0) { $0 + 1 << (11 - Int($1)) } == 1 << 11)
  }
}
