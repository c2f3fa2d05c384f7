/// HDF5's filter `shuffle`: all first bytes of the elements, then all second bytes, and so on; bytes beyond the last whole
/// element stand as they are. Neighbouring weights have similar exponents, which Deflate then finds side by side.
enum Shuffle {
  /// Puts the bytes of elements together again.
  static func unshuffle(
    _ input: UnsafeRawBufferPointer, elementSize: Int, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count >= input.count, "what is shuffled has as many bytes as what is not")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let count = input.count / elementSize
    switch elementSize {
    case 2: unshuffle2(source, count, target)
    case 4: unshuffle4(source, count, target)
    default:
      // A damaged file may claim elements larger than all of its bytes: then there is none, and no plane either.
      for byte in 0..<(count == 0 ? 0 : elementSize) {
        let plane = source + byte * count
        for index in 0..<count {
          target.storeBytes(
            of: plane.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index * elementSize + byte,
            as: UInt8.self)
        }
      }
    }
    let rest = count * elementSize
    for index in rest..<input.count { output[index] = input[index] }
  }

  /// Takes the bytes of elements apart.
  static func shuffle(
    _ input: UnsafeRawBufferPointer, elementSize: Int, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count >= input.count, "what is shuffled has as many bytes as what is not")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let count = input.count / elementSize
    switch elementSize {
    case 2: shuffle2(source, count, target)
    case 4: shuffle4(source, count, target)
    default:
      // A damaged file may claim elements larger than all of its bytes: then there is none, and no plane either.
      for byte in 0..<(count == 0 ? 0 : elementSize) {
        let plane = target + byte * count
        for index in 0..<count {
          plane.storeBytes(
            of: source.load(fromByteOffset: index * elementSize + byte, as: UInt8.self), toByteOffset: index,
            as: UInt8.self)
        }
      }
    }
    let rest = count * elementSize
    for index in rest..<input.count { output[index] = input[index] }
  }

  private typealias Bytes = SIMD16<UInt8>

  private static func unshuffle2(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer) {
    var index = 0
    while index + 16 <= count {
      let low = source.loadUnaligned(fromByteOffset: index, as: Bytes.self)
      let high = source.loadUnaligned(fromByteOffset: count + index, as: Bytes.self)
      let words =
        SIMD16<UInt16>(truncatingIfNeeded: low) | SIMD16<UInt16>(truncatingIfNeeded: high) &<< 8
      (target + 2 * index).storeBytes(of: words, as: SIMD16<UInt16>.self)
      index += 16
    }
    while index < count {
      let word =
        UInt16((source + index).load(as: UInt8.self)) | UInt16((source + count + index).load(as: UInt8.self)) << 8
      (target + 2 * index).storeBytes(of: word, as: UInt16.self)
      index += 1
    }
  }

  private static func unshuffle4(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer) {
    func plane(_ number: Int, _ index: Int) -> SIMD16<UInt32> {
      SIMD16<UInt32>(truncatingIfNeeded: source.loadUnaligned(fromByteOffset: number * count + index, as: Bytes.self))
    }
    func byte(_ number: Int, _ index: Int) -> UInt32 { UInt32((source + number * count + index).load(as: UInt8.self)) }
    var index = 0
    while index + 16 <= count {
      let words = plane(0, index) | plane(1, index) &<< 8 | plane(2, index) &<< 16 | plane(3, index) &<< 24
      (target + 4 * index).storeBytes(of: words, as: SIMD16<UInt32>.self)
      index += 16
    }
    while index < count {
      let word = byte(0, index) | byte(1, index) << 8 | byte(2, index) << 16 | byte(3, index) << 24
      (target + 4 * index).storeBytes(of: word, as: UInt32.self)
      index += 1
    }
  }

  private static func shuffle2(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer) {
    var index = 0
    while index + 16 <= count {
      let words = source.loadUnaligned(fromByteOffset: 2 * index, as: SIMD16<UInt16>.self)
      (target + index).storeBytes(of: Bytes(truncatingIfNeeded: words), as: Bytes.self)
      (target + count + index).storeBytes(of: Bytes(truncatingIfNeeded: words &>> 8), as: Bytes.self)
      index += 16
    }
    while index < count {
      let word = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
      (target + index).storeBytes(of: UInt8(truncatingIfNeeded: word), as: UInt8.self)
      (target + count + index).storeBytes(of: UInt8(word >> 8), as: UInt8.self)
      index += 1
    }
  }

  private static func shuffle4(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutableRawPointer) {
    var index = 0
    while index + 16 <= count {
      let words = source.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<UInt32>.self)
      for byte in 0..<4 {
        let plane = Bytes(truncatingIfNeeded: words &>> SIMD16(repeating: UInt32(8 * byte)))
        (target + byte * count + index).storeBytes(of: plane, as: Bytes.self)
      }
      index += 16
    }
    while index < count {
      let word = source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      for byte in 0..<4 {
        (target + byte * count + index).storeBytes(
          of: UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)), as: UInt8.self)
      }
      index += 1
    }
  }
}
