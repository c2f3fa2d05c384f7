/// Elements of any type as numbers.
extension Tensor {
  /// How many elements a block of ``forEachBlock(_:)`` has at most: few enough to stay in the nearest cache.
  private static let blockLength = 2048

  /// Calls `body` with the elements as double-precision numbers, some thousand at a time and in order. A complex element
  /// is two numbers, real and imaginary; `false` is 0 and `true` is 1.
  ///
  /// Exact for all types but 64-bit integers, which are rounded to the nearest number of 53 bits.
  public func forEachBlock(_ body: ([Double]) throws -> Void) rethrows {
    let numbers = count * dtype.numbersPerElement
    var block: [Double] = []
    for start in stride(from: 0, to: numbers, by: Self.blockLength) {
      let range = start..<min(start + Self.blockLength, numbers)
      withUnsafeBytes { bytes in dtype.read(bytes, range, into: &block) }
      try body(block)
    }
  }

  /// The same of two tensors at once, whose types may differ. Traps when they have not as many numbers.
  public func forEachBlock(with other: Tensor, _ body: ([Double], [Double]) throws -> Void) rethrows {
    let numbers = count * dtype.numbersPerElement
    precondition(numbers == other.count * other.dtype.numbersPerElement, "\(shape) and \(other.shape) are not alike")
    var (block, otherBlock): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: numbers, by: Self.blockLength) {
      let range = start..<min(start + Self.blockLength, numbers)
      withUnsafeBytes { bytes in dtype.read(bytes, range, into: &block) }
      other.withUnsafeBytes { bytes in other.dtype.read(bytes, range, into: &otherBlock) }
      try body(block, otherBlock)
    }
  }
}

extension DType {
  /// Numbers in an element: two in a complex one.
  var numbersPerElement: Int {
    switch self {
    case .complex64, .complex128: 2
    default: 1
    }
  }

  /// Replaces `block` by the numbers of a range.
  fileprivate func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, into block: inout [Double]) {
    func load<Element: BitwiseCopyable>(_ type: Element.Type, _ number: (Element) -> Double) {
      block.removeAll(keepingCapacity: true)
      let size = MemoryLayout<Element>.size
      for index in range { block.append(number(bytes.loadUnaligned(fromByteOffset: index * size, as: type))) }
    }
    switch self {
    case .bool: load(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: load(UInt8.self) { Double($0) }
    case .uint16: load(UInt16.self) { Double($0) }
    case .uint32: load(UInt32.self) { Double($0) }
    case .uint64: load(UInt64.self) { Double($0) }
    case .int8: load(Int8.self) { Double($0) }
    case .int16: load(Int16.self) { Double($0) }
    case .int32: load(Int32.self) { Double($0) }
    case .int64: load(Int64.self) { Double($0) }
    case .float32, .complex64: load(Float.self) { Double($0) }
    case .float64, .complex128: load(Double.self) { $0 }
    case .bfloat16: load(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .float16: load(UInt16.self) { SmallFloat.float16.number($0) }
    case .float8E4M3: load(UInt8.self) { SmallFloat.float8E4M3.number(UInt16($0)) }
    case .float8E5M2: load(UInt8.self) { SmallFloat.float8E5M2.number(UInt16($0)) }
    }
  }
}
