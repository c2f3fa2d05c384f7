import CDeflate

/// Deflates bytes that are shuffled into planes: all first bytes of the elements, all second bytes, and so on.
///
/// The planes of weights are of three kinds, and a search for repetitions, which is where the time of a Deflate goes,
/// finds nothing in the first two:
/// - the low bits of the numbers, which are noise: they are stored;
/// - signs and exponents, of which a few are frequent: they get a Huffman code;
/// - zeros and what else repeats itself: from the first such plane on, libdeflate compresses.
///
/// A sample of the plane tells which it is. The stream is an ordinary one (RFC 1950 and 1951).
///
/// `@unchecked Sendable` holds because whoever has it, such as by a ``Pool``, has it alone.
final class PlaneCompressor: @unchecked Sendable {
  /// What is gained beyond a Huffman code must be one part in this many, or repetitions are not searched for.
  private static let worth = 32
  /// A sample is so many pieces of so many bytes.
  private static let samples = 3
  private static let sampleSize = 4096

  private let compressor: OpaquePointer

  /// - Parameter level: From 1, fast, to 12, small.
  init(level: Int) throws {
    guard let compressor = libdeflate_alloc_compressor(Int32(level)) else {
      throw CheckpointError(.system, "there is no memory to compress with")
    }
    self.compressor = compressor
  }

  deinit { libdeflate_free_compressor(compressor) }

  private enum Kind {
    case stored
    case coded(HuffmanCode)
    case repetitive
  }

  /// The most bytes that ``compress(_:planeCount:into:)`` needs room for.
  func bound(_ byteCount: Int, planeCount: Int) -> Int {
    2 + (planeCount + 1) * DeflateBlocks.bound(0) + DeflateBlocks.bound(byteCount)
      + libdeflate_deflate_compress_bound(compressor, byteCount) + 4
  }

  /// Compresses bytes to a stream of zlib.
  /// - Parameter output: Has room for ``bound(_:planeCount:)``.
  /// - Returns: The bytes of the stream.
  func compress(
    _ bytes: UnsafeRawBufferPointer, planeCount: Int, into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let planeSize = bytes.count / planeCount
    var (kinds, isRepetitive) = ([Kind](), false)
    for plane in 0..<planeCount where !isRepetitive {
      // What is left over after the last whole plane belongs to it.
      let end = plane == planeCount - 1 ? bytes.count : (plane + 1) * planeSize
      let kind = kind(of: UnsafeRawBufferPointer(rebasing: bytes[plane * planeSize..<end]))
      if case .repetitive = kind { isRepetitive = true } else { kinds.append(kind) }
    }
    let own = isRepetitive ? kinds.count * planeSize : bytes.count
    let rest = UnsafeRawBufferPointer(rebasing: bytes[own...])
    // Deflate with a window of 32 KiB; the header is a multiple of 31.
    (output[0], output[1]) = (0x78, 0x01)
    var blocks = DeflateBlocks(UnsafeMutableRawBufferPointer(rebasing: output[2...]))
    for (plane, kind) in kinds.enumerated() {
      let isLast = !isRepetitive && plane == kinds.count - 1
      let part = UnsafeRawBufferPointer(
        rebasing: bytes[plane * planeSize..<(isLast ? bytes.count : (plane + 1) * planeSize)])
      switch kind {
      case .coded(let code): blocks.encode(part, code, isLast: isLast)
      case .stored, .repetitive: blocks.store(part, isLast: isLast)
      }
    }
    if isRepetitive { blocks.finishByte() }
    var count = 2 + blocks.count
    if isRepetitive {
      count += libdeflate_deflate_compress(
        compressor, rest.baseAddress, rest.count, output.baseAddress.map { $0 + count }, output.count - count - 4)
    }
    let checksum = libdeflate_adler32(1, bytes.baseAddress, bytes.count)
    output.storeBytes(of: checksum.bigEndian, toByteOffset: count, as: UInt32.self)
    return count + 4
  }

  private func kind(of plane: UnsafeRawBufferPointer) -> Kind {
    let sampleCount = Self.samples * Self.sampleSize
    guard plane.count >= 2 * sampleCount else { return .repetitive }
    var sample: [UInt8] = []
    sample.reserveCapacity(sampleCount)
    for number in 0..<Self.samples {
      let start = number * (plane.count - Self.sampleSize) / (Self.samples - 1)
      sample.append(contentsOf: plane[start..<start + Self.sampleSize])
    }
    return sample.withUnsafeBytes { sample in
      let histogram = DeflateBlocks.histogram(sample)
      let code = HuffmanCode(frequencies: histogram, limit: 15)
      let coded = min(code.bitCount(of: histogram) / 8, sample.count)
      let repetitive = withUnsafeTemporaryAllocation(byteCount: sample.count, alignment: 8) { buffer in
        libdeflate_deflate_compress(compressor, sample.baseAddress, sample.count, buffer.baseAddress, coded)
      }
      // 0 stands for more than fits.
      if repetitive > 0, repetitive < coded - coded / Self.worth { return .repetitive }
      return DeflateBlocks.code(for: DeflateBlocks.histogram(plane)).map { .coded($0) } ?? .stored
    }
  }
}
