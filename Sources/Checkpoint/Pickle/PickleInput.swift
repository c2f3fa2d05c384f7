/// Bytes that stay where they are as long as this object lives: a part of a mapped file, or memory of its own.
///
/// `@unchecked Sendable` holds because the bytes are never written after the object is made.
final class ByteRegion: @unchecked Sendable {
  /// The bytes.
  let bytes: UnsafeRawBufferPointer
  private let owner: (any AnyObject & Sendable)?
  private let allocated: UnsafeMutableRawPointer?

  /// Bytes that `owner` keeps alive and unchanged.
  init(borrowing bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) {
    self.bytes = bytes
    self.owner = owner
    allocated = nil
  }

  /// A copy of bytes.
  init(copying bytes: some Collection<UInt8>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
    memory.copyBytes(from: bytes)
    allocated = memory.baseAddress
    owner = nil
    self.bytes = UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
  }

  deinit { allocated?.deallocate() }

  /// A part of the bytes. Traps when it lies outside.
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

/// The bytes of a pickle from front to back; nothing is read past their end.
struct PickleInput {
  let bytes: UnsafeRawBufferPointer
  /// Where the next byte stands.
  private(set) var position: Int
  /// What the pickle is called, for errors: `data.pkl`.
  let name: String
  /// The file, for errors.
  let path: String

  init(_ bytes: UnsafeRawBufferPointer, at position: Int, name: String, path: String) {
    self.bytes = bytes
    self.position = position
    self.name = name
    self.path = path
  }

  /// An error at the present place.
  func error(_ code: CheckpointError.Code, _ message: String) -> CheckpointError {
    CheckpointError(code, path: path, "\(name), byte \(position): \(message)")
  }

  /// Passes `count` bytes and gives their place.
  mutating func take(_ count: Int) throws -> Range<Int> {
    guard count >= 0, count <= bytes.count - position else {
      throw error(
        .truncated,
        "\(count) more bytes are announced, but only \(bytes.count - position) follow; the file is cut or damaged")
    }
    defer { position += count }
    return position..<position + count
  }

  /// The next byte.
  mutating func byte() throws -> UInt8 {
    guard position < bytes.count else {
      throw error(.truncated, "the pickle ends without its last instruction; the file is cut or damaged")
    }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next whole number, little-endian.
  mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    let range = try take(MemoryLayout<Number>.size)
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: type))
  }

  /// The place of as many bytes as the number before them says.
  mutating func counted<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Range<Int> {
    let count = try integer(type)
    guard let count = Int(exactly: count), count >= 0 else {
      throw error(.corrupt, "a length of \(count) bytes is announced; no file holds that")
    }
    return try take(count)
  }

  /// The place of the bytes up to the next line feed, which is passed.
  mutating func line() throws -> Range<Int> {
    let start = position
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == 0x0A { return start..<position - 1 }
    }
    throw error(.truncated, "a line does not end; the file is cut or damaged")
  }

  /// Bytes as text, if they are UTF-8.
  func text(_ range: Range<Int>) -> String? {
    String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }
}
