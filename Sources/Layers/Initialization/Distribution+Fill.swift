import Dispatch
import Tensors

// The inner loops of initialisation. They write tens of millions of elements at start-up, so this file alone of the
// module writes through pointers; each stays inside the buffer that `fill` receives.

extension Distribution {
  /// The elements that one piece of work fills.
  private static let chunk = 1 << 16
  /// The elements whose random words are written and then turned into numbers in place, while they are in the nearest
  /// cache.
  private static let strip = 1 << 11

  /// Writes every element of a float32 buffer, on all cores.
  ///
  /// Element i is a function of word i of `source` alone, so neither the threads nor their number matter.
  /// - Parameters:
  ///   - bytes: Whole float32 elements, at most 2³⁴: the words of one source.
  ///   - source: Of which nothing was drawn.
  func fill(_ bytes: UnsafeMutableRawBufferPointer, from source: RandomSource) {
    // Shared by threads that write disjoint chunks of it. Words and the bits of a Float take the same room.
    nonisolated(unsafe) let elements = unsafe bytes.bindMemory(to: UInt32.self)
    let count = bytes.count / MemoryLayout<UInt32>.stride
    precondition(count <= 1 << 34, "a parameter of \(count) elements exceeds one random stream")
    let chunks = (count + Self.chunk - 1) / Self.chunk
    let fillChunk = { @Sendable (chunk: Int) in
      for start in stride(from: chunk * Self.chunk, to: min((chunk + 1) * Self.chunk, count), by: Self.strip) {
        let end = min(start + Self.strip, count)
        unsafe fill(UnsafeMutableBufferPointer(rebasing: elements[start..<end]), at: start, from: source)
      }
    }
    if chunks == 1 { fillChunk(0) } else { DispatchQueue.concurrentPerform(iterations: chunks, execute: fillChunk) }
  }

  /// Writes the bits of the elements from `start` on.
  private func fill(_ bits: UnsafeMutableBufferPointer<UInt32>, at start: Int, from source: RandomSource) {
    if case .constant(let value) = self {
      unsafe bits.initialize(repeating: value.bitPattern)
      return
    }
    unsafe source.fill(bits, from: start)
    switch self {
    case .constant: break
    case .uniform(let low, let high):
      let scale = (high - low) * 0x1p-24
      let largest = high.nextDown
      for index in 0..<bits.count {
        let value = low + scale * Float(Int32(truncatingIfNeeded: unsafe bits[index] &>> 8))
        // Rounding may reach `high`, which the distribution excludes.
        unsafe bits[index] = (value < largest ? value : largest).bitPattern
      }
    case .normal(let mean, let std):
      unsafe NormalQuantile.table.withCubics { cubics in
        for index in 0..<bits.count {
          unsafe bits[index] = (mean + std * NormalQuantile.value(at: bits[index], cubics)).bitPattern
        }
      }
    case .truncatedNormal(let mean, let std, let words, let bounds):
      unsafe NormalQuantile.table.withCubics { cubics in
        for index in 0..<bits.count {
          let word = unsafe words.start &+ UInt32(truncatingIfNeeded: (UInt64(bits[index]) &* words.count) &>> 32)
          let value = mean + std * (unsafe NormalQuantile.value(at: word, cubics))
          unsafe bits[index] = min(max(value, bounds.lowerBound), bounds.upperBound).bitPattern
        }
      }
    }
  }
}

extension NormalQuantile {
  /// Calls `body` with the table: four coefficients for each piece.
  func withCubics(_ body: (UnsafePointer<Float>) -> Void) {
    unsafe coefficients.withUnsafeBufferPointer { table in
      if let cubics = table.baseAddress { unsafe body(cubics) }
    }
  }

  /// The standard normal number that a word stands for.
  @inline(__always)
  static func value(at word: UInt32, _ cubics: UnsafePointer<Float>) -> Float {
    let isUpper = word &>> 31
    // The distance from the nearer end of all words is below 2³¹.
    let f = Float(Int32(truncatingIfNeeded: word ^ (0 &- isUpper))) + 0.5
    let piece = (f.bitPattern &>> pieceShift) &- firstPiece
    let cubic = unsafe cubics + 4 &* Int(truncatingIfNeeded: piece)
    // What is left of the mantissa, as a number in 0..<1.
    let t = Float(bitPattern: (f.bitPattern &<< 4) & 0x7F_FFFF | 0x3F80_0000) - 1
    let z = unsafe cubic[0] + t * (cubic[1] + t * (cubic[2] + t * cubic[3]))
    return Float(bitPattern: z.bitPattern ^ (isUpper ^ 1) &<< 31)
  }
}
