/// A central header of a zip archive, and the local header that must say the same.
struct ZipHeader {
  let name: String
  /// The bytes of the name, as they stand in both headers.
  let rawName: [UInt8]
  let flags: UInt16
  let method: UInt16
  let crc: UInt32
  let storedCount: Int
  let byteCount: Int
  /// Where the local header begins.
  let offset: Int
  /// The bytes that the central header takes.
  let size: Int

  /// Reads the central header at the start of `bytes`.
  init(_ bytes: ArraySlice<UInt8>, number: Int, path: String) throws {
    func damaged(_ what: String) -> CheckpointError {
      CheckpointError(.corrupt, path: path, "entry \(number) of the zip archive \(what); use another copy of the file")
    }
    guard bytes.count >= ZipLayout.centralSize, bytes.littleEndian(0) == ZipLayout.centralSignature else {
      throw damaged("has no header in the table of contents")
    }
    let lengths = [28, 30, 32].map { Int(bytes.littleEndian($0, as: UInt16.self)) }
    size = ZipLayout.centralSize + lengths.reduce(0, +)
    guard size <= bytes.count else { throw damaged("goes beyond the end of the table of contents") }
    rawName = Array(bytes.dropFirst(ZipLayout.centralSize).prefix(lengths[0]))
    guard let name = String(validating: rawName, as: UTF8.self), !rawName.isEmpty, !rawName.contains(0) else {
      throw damaged("has a name that is not UTF-8, is empty or has a NUL in it")
    }
    self.name = name
    flags = bytes.littleEndian(8)
    method = bytes.littleEndian(10)
    crc = bytes.littleEndian(16)
    let extra = bytes.dropFirst(ZipLayout.centralSize + lengths[0]).prefix(lengths[1])
    let fields = [24, 20, 42].map { bytes.littleEndian($0, as: UInt32.self) }
    guard let numbers = ZipHeader.numbers(fields, extra: extra) else {
      throw damaged("(\(name.terminalEscaped)) has sizes that are missing or beyond 63 bits")
    }
    (byteCount, storedCount, offset) = (numbers[0], numbers[1], numbers[2])
    let disk: UInt16 = bytes.littleEndian(34)
    guard disk == 0 || disk == ZipLayout.large16 else { throw damaged("lies in another file") }
  }

  /// Numbers of 32 bits, those of them that say so replaced by the 64 bits in the extra fields, in this order.
  private static func numbers(_ fields: [UInt32], extra: ArraySlice<UInt8>) -> [Int]? {
    guard fields.contains(ZipLayout.large32) else { return fields.map(Int.init) }
    guard var rest = field(ZipLayout.zip64Field, of: extra) else { return nil }
    var numbers: [Int] = []
    for field in fields {
      if field != ZipLayout.large32 {
        numbers.append(Int(field))
        continue
      }
      guard rest.count >= 8, let number = Int(exactly: rest.littleEndian(0, as: UInt64.self)) else { return nil }
      numbers.append(number)
      rest = rest.dropFirst(8)
    }
    return numbers
  }

  /// What an extra field holds; `nil` when there is none. Whatever does not parse ends the search.
  private static func field(_ id: UInt16, of extra: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = extra
    while rest.count >= 4 {
      let length = Int(rest.littleEndian(2, as: UInt16.self))
      let content = rest.dropFirst(4).prefix(length)
      guard content.count == length else { return nil }
      if rest.littleEndian(0, as: UInt16.self) == id { return content }
      rest = rest.dropFirst(4 + length)
    }
    return nil
  }

  /// Holds the local header against this one.
  /// - Parameter local: The bytes from ``offset`` on: the fixed part, and so many of those behind it.
  /// - Returns: The bytes that the local header takes.
  func check(local bytes: [UInt8], path: String) throws -> Int {
    func damaged(_ what: String) -> CheckpointError {
      CheckpointError(
        .corrupt, path: path,
        "the zip entry '\(name.terminalEscaped)' is damaged: \(what) (offset \(offset)); use another copy of the file")
    }
    guard bytes.count >= ZipLayout.localSize, bytes.littleEndian(0) == ZipLayout.localSignature else {
      throw damaged("it has no local header")
    }
    let nameLength = Int(bytes.littleEndian(26, as: UInt16.self))
    let extraLength = Int(bytes.littleEndian(28, as: UInt16.self))
    let size = ZipLayout.localSize + nameLength + extraLength
    guard nameLength == rawName.count, bytes.count >= size else { throw damaged("its two headers differ in the name") }
    guard bytes[ZipLayout.localSize..<ZipLayout.localSize + nameLength].elementsEqual(rawName) else {
      throw damaged("its two headers differ in the name")
    }
    let localFlags: UInt16 = bytes.littleEndian(6)
    guard bytes.littleEndian(8) == method, (localFlags ^ flags) & ZipLayout.Flag.encrypted == 0 else {
      throw damaged("its two headers differ in the method")
    }
    let extra = bytes[(size - extraLength)..<size]
    let fields = [22, 18].map { bytes.littleEndian($0, as: UInt32.self) }
    let localCRC: UInt32 = bytes.littleEndian(14)
    // With a descriptor behind the bytes these are 0, and nobody reads them.
    if localFlags & ZipLayout.Flag.descriptor != 0, fields.allSatisfy({ $0 == 0 || $0 == ZipLayout.large32 }) {
      return size
    }
    guard localCRC == crc, let numbers = ZipHeader.numbers(fields, extra: extra), numbers == [byteCount, storedCount]
    else { throw damaged("its two headers differ in the sizes or the checksum") }
    return size
  }
}
