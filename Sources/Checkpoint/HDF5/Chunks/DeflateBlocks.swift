/// Writes blocks of a Deflate stream (RFC 1951) that hold bytes as they are, or in a Huffman code without any repetitions:
/// what the bytes of weights have to gain, at the speed of memory.
struct DeflateBlocks: ~Copyable {
  /// How often each byte occurs, and the end of a block, which is symbol 256.
  typealias Histogram = [Int]

  /// No code of a byte is longer, so that decoders find each in one step.
  private static let longest = 11
  private static let storedMost = 65_535
  /// The order in which the lengths of the code for lengths stand (3.2.7).
  private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private let output: UnsafeMutableRawPointer
  private let capacity: Int
  /// The whole bytes that are written.
  private(set) var count = 0
  private var bits: UInt64 = 0
  private var bitCount: UInt64 = 0

  /// Writes into memory that has room for ``bound(_:)``.
  init(_ output: UnsafeMutableRawBufferPointer) {
    guard let start = output.baseAddress else { preconditionFailure("a stream needs memory") }
    self.output = start
    capacity = output.count
  }

  /// The most that bytes take in one call of any function of this type, and what it may write past the end.
  static func bound(_ byteCount: Int) -> Int { byteCount + 5 * (byteCount / storedMost + 2) + 1024 }

  /// How often each byte occurs.
  static func histogram(_ bytes: UnsafeRawBufferPointer) -> Histogram {
    // Equal bytes after each other would wait for each other's count: four tables are counted in turn.
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 1024) { tables in
      tables.initialize(repeating: 0)
      var index = 0
      while index + 4 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        tables[Int(word & 0xFF)] &+= 1
        tables[256 + Int(word >> 8 & 0xFF)] &+= 1
        tables[512 + Int(word >> 16 & 0xFF)] &+= 1
        tables[768 + Int(word >> 24)] &+= 1
        index += 4
      }
      while index < bytes.count {
        tables[Int(bytes[index])] &+= 1
        index += 1
      }
      var histogram = [Int](repeating: 1, count: 257)
      for byte in 0..<256 {
        let even: UInt32 = tables[byte] + tables[512 + byte]
        let odd: UInt32 = tables[256 + byte] + tables[768 + byte]
        histogram[byte] = Int(even) + Int(odd)
      }
      return histogram
    }
  }

  /// The code for bytes that occur so often; `nil` when it would gain less than one part in 64.
  static func code(for histogram: Histogram) -> HuffmanCode? {
    let byteCount = histogram.reduce(-1, +)
    guard byteCount >= 1024 else { return nil }
    let code = HuffmanCode(frequencies: histogram, limit: longest)
    return code.bitCount(of: histogram) / 8 < byteCount - byteCount / 64 ? code : nil
  }

  /// Writes bytes as they are.
  mutating func store(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
    var start = 0
    repeat {
      let size = min(Self.storedMost, bytes.count - start)
      put(isLast && start + size == bytes.count ? 1 : 0, 1)
      put(0, 2)
      align()
      put(UInt64(size), 16)
      put(UInt64(~UInt16(size)), 16)
      flush()
      UnsafeMutableRawBufferPointer(start: output + count, count: size)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
      count += size
      start += size
    } while start < bytes.count
  }

  /// Writes bytes in a code that was made for them.
  mutating func encode(_ bytes: UnsafeRawBufferPointer, _ code: HuffmanCode, isLast: Bool) {
    put(isLast ? 1 : 0, 1)
    put(0b10, 2)
    describe(code)
    let table = zip(code.codes, code.lengths).map { UInt32($0) | UInt32($1) << 16 }
    table.withUnsafeBufferPointer { table in
      var (bits, bitCount, position) = (bits, bitCount, count)
      func add(_ byte: UInt32) {
        let entry = table[Int(truncatingIfNeeded: byte)]
        bits |= UInt64(entry & 0xFFFF) &<< bitCount
        bitCount &+= UInt64(entry &>> 16)
      }
      func flush() {
        (output + position).storeBytes(of: bits.littleEndian, as: UInt64.self)
        position += Int(truncatingIfNeeded: bitCount >> 3)
        bits &>>= bitCount & ~7
        bitCount &= 7
      }
      flush()
      var index = 0
      while index + 4 <= bytes.count {
        // 7 bits that are left and four codes of up to 11 fit.
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        add(word & 0xFF)
        add(word &>> 8 & 0xFF)
        add(word &>> 16 & 0xFF)
        add(word &>> 24)
        flush()
        index += 4
      }
      while index < bytes.count {
        add(UInt32(bytes[index]))
        flush()
        index += 1
      }
      (self.bits, self.bitCount, count) = (bits, bitCount, position)
    }
    put(UInt64(code.codes[256]), UInt64(code.lengths[256]))
    flush()
    if isLast { align() }
  }

  /// Ends the last byte; what follows may be another writer's blocks only after ``store(_:isLast:)``, or here.
  mutating func align() {
    bitCount = (bitCount + 7) & ~7
    flush()
  }

  /// Writes an empty block of stored bytes when the last one did not end with a whole byte.
  mutating func finishByte() {
    if bitCount > 0 { store(UnsafeRawBufferPointer(start: nil, count: 0), isLast: false) }
  }

  /// The table of a code (3.2.7): the bits of each symbol in a code of its own, with runs of equal ones as one symbol.
  private mutating func describe(_ code: HuffmanCode) {
    // No distance occurs. Two of one bit each are a whole code, which every decoder takes.
    let symbols = Self.runs(code.lengths[...256] + [1, 1])
    var frequencies = [Int](repeating: 0, count: 19)
    for symbol in symbols { frequencies[symbol.code] += 1 }
    let lengthCode = HuffmanCode(frequencies: frequencies, limit: 7)
    var used = Self.lengthOrder.count
    while used > 4, lengthCode.lengths[Self.lengthOrder[used - 1]] == 0 { used -= 1 }
    put(0, 5)
    put(1, 5)
    put(UInt64(used - 4), 4)
    flush()
    for symbol in Self.lengthOrder.prefix(used) {
      put(UInt64(lengthCode.lengths[symbol]), 3)
      flush()
    }
    for symbol in symbols {
      put(UInt64(lengthCode.codes[symbol.code]), UInt64(lengthCode.lengths[symbol.code]))
      put(UInt64(symbol.extra), symbol.extraBits)
      flush()
    }
  }

  /// Lengths, and runs of them, as symbols of the code for lengths.
  private static func runs(_ lengths: ArraySlice<UInt8>) -> [(code: Int, extra: Int, extraBits: UInt64)] {
    var symbols: [(Int, Int, UInt64)] = []
    var rest = lengths
    while let length = rest.first {
      let run = rest.prefix { $0 == length }.count
      var count = 1
      if length == 0, run >= 11 {
        count = min(run, 138)
        symbols.append((18, count - 11, 7))
      } else if length == 0, run >= 3 {
        count = run
        symbols.append((17, count - 3, 3))
      } else {
        symbols.append((Int(length), 0, 0))
        if length > 0, run >= 4 {
          let repeated = min(run - 1, 6)
          symbols.append((16, repeated - 3, 2))
          count += repeated
        }
      }
      rest = rest.dropFirst(count)
    }
    return symbols
  }

  /// Adds up to 32 bits, the lowest first.
  private mutating func put(_ value: UInt64, _ count: UInt64) {
    bits |= value << bitCount
    bitCount += count
  }

  /// Writes the whole bytes among the bits.
  private mutating func flush() {
    precondition(count + 8 <= capacity, "the memory has room for what is written")
    (output + count).storeBytes(of: bits.littleEndian, as: UInt64.self)
    count += Int(bitCount >> 3)
    bits = bitCount >= 64 ? 0 : bits >> (bitCount & ~7)
    bitCount &= 7
  }
}
