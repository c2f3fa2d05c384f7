#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// HDF5's filter `scale-offset`: each element of a chunk less the smallest, in as few bits as the largest needs. Numbers with
/// a fraction are multiplied by a power of ten before, and rounded (specification, IV.A.2.l, filter 6).
///
/// A chunk begins with 21 bytes: the bits of an element (4), the size of the smallest value (1), the smallest value. Then the
/// elements stand bit after bit, the highest first. All ones is the fill value, when there is one.
struct ScaleOffset: Hashable {
  private let isFloat: Bool
  /// The power of ten.
  private let digits: Int
  private let elementSize: Int
  private let isBigEndian: Bool
  private let fill: UInt64?
  /// Whether the filter does nothing: it may use all bits of an integer.
  let isIdentity: Bool

  /// The bytes before the elements.
  static let prefix = 21

  /// What the file says of the filter.
  /// - Returns: `nil` for what no library writes.
  init?(_ values: [Int], elementSize: Int) {
    guard values.count == 20, values[4] == elementSize, values[6] <= 1, values[7] <= 1, elementSize <= 8 else {
      return nil
    }
    isFloat = values[3] == 1
    // Numbers with a fraction are scaled by powers of ten; by powers of two was never written. Integers have kind 2.
    guard values[3] <= 1, isFloat ? values[0] == 0 && (elementSize == 4 || elementSize == 8) : values[0] == 2 else {
      return nil
    }
    let factor = Int(Int32(truncatingIfNeeded: values[1]))
    digits = factor
    guard isFloat || factor <= elementSize * 8 else { return nil }
    isIdentity = !isFloat && factor == elementSize * 8
    self.elementSize = elementSize
    isBigEndian = values[6] == 1
    let word = UInt64(truncatingIfNeeded: values[8]) | UInt64(truncatingIfNeeded: values[9]) << 32
    fill = values[7] == 1 ? word & Self.mask(elementSize * 8) : nil
  }

  private static func mask(_ bits: Int) -> UInt64 { bits >= 64 ? .max : 1 << UInt64(bits) - 1 }

  /// Unpacks a whole chunk.
  /// - Returns: Whether it was sound.
  func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
    guard input.count >= Self.prefix, output.count % elementSize == 0 else { return false }
    let count = output.count / elementSize
    let bits = Int(UInt32(littleEndian: input.loadUnaligned(as: UInt32.self)))
    let packed = UnsafeRawBufferPointer(rebasing: input[Self.prefix...])
    guard bits <= elementSize * 8, (count * bits + 7) / 8 <= packed.count else { return false }
    if bits == elementSize * 8 {
      // As they were, but in the order of the machine that wrote them, which for all there are is this one's.
      output.copyMemory(from: UnsafeRawBufferPointer(rebasing: packed[..<output.count]))
      if isBigEndian { ByteOrder.swap(output, elementSize: elementSize) }
      return true
    }
    var least: UInt64 = 0
    for index in 0..<min(Int(input[4]), 8) { least |= UInt64(input[5 + index]) << UInt64(8 * index) }
    switch elementSize {
    case 1: unpack(packed, bits, least, into: output, UInt8.self)
    case 2: unpack(packed, bits, least, into: output, UInt16.self)
    case 4: unpack(packed, bits, least, into: output, UInt32.self)
    case 8: unpack(packed, bits, least, into: output, UInt64.self)
    default: return false
    }
    return true
  }

  private func unpack<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ packed: UnsafeRawBufferPointer, _ bits: Int, _ least: UInt64, into output: UnsafeMutableRawBufferPointer,
    _ type: Word.Type
  ) {
    let most = Word(truncatingIfNeeded: Self.mask(bits))
    let fill = fill.map { Word(truncatingIfNeeded: $0) }
    let value = value(least, type)
    var (next, held, heldBits) = (0, UInt64(0), 0)
    for index in 0..<output.count / elementSize {
      var (word, missing) = (UInt64(0), bits)
      while missing > 0 {
        if heldBits == 0 {
          held = UInt64(packed[next])
          heldBits = 8
          next += 1
        }
        let taken = min(heldBits, missing)
        heldBits -= taken
        word = word << UInt64(taken) | held >> UInt64(heldBits) & Self.mask(taken)
        missing -= taken
      }
      let raw = Word(truncatingIfNeeded: word)
      let element = fill.flatMap { raw == most ? $0 : nil } ?? value(raw)
      output.storeBytes(
        of: isBigEndian ? element.bigEndian : element.littleEndian, toByteOffset: index * elementSize, as: Word.self)
    }
  }

  /// What an element is for its distance from the smallest, calculated in the type of the elements as HDF5 does.
  private func value<Word: FixedWidthInteger & UnsignedInteger>(_ least: UInt64, _ type: Word.Type) -> (Word) -> Word {
    guard isFloat else {
      let least = Word(truncatingIfNeeded: least)
      return { $0 &+ least }
    }
    if elementSize == 4 {
      let (scale, least) = (powf(10, Float(digits)), Float(bitPattern: UInt32(truncatingIfNeeded: least)))
      return { Word(truncatingIfNeeded: (Float(Int32(truncatingIfNeeded: $0)) / scale + least).bitPattern) }
    }
    let (scale, smallest) = (pow(10, Double(digits)), Double(bitPattern: least))
    return { Word(truncatingIfNeeded: (Double(Int64(truncatingIfNeeded: $0)) / scale + smallest).bitPattern) }
  }
}
