/// Whole numbers in bytes, the lowest first.
extension RandomAccessCollection<UInt8> where Index == Int {
  /// The number that begins so many bytes after the first. Traps when it is cut off.
  func littleEndian<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type = Number.self) -> Number {
    var number: Number = 0
    let first = startIndex + offset
    for index in 0..<MemoryLayout<Number>.size {
      number |= Number(truncatingIfNeeded: self[first + index]) << (8 * index)
    }
    return number
  }
}

extension [UInt8] {
  /// Appends a number's bytes, the lowest first.
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
