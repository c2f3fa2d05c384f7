/// Where a zip archive has its table of contents: what its end records say, held against the file.
struct ZipDirectory {
  /// Where the first central header begins.
  let offset: Int
  /// The bytes of all central headers.
  let byteCount: Int
  /// How many there are.
  let count: Int

  /// Larger tables are not read.
  static let largest = 12 << 20
  /// More entries are not read.
  static let most = 3 * TensorCount.most

  /// Finds the end record and what it points to.
  init(of file: OpenFile) throws {
    let size = try file.size()
    let (end, endOffset) = try Self.endRecord(of: file, size: size)
    guard end.littleEndian(4, as: UInt16.self) == 0, end.littleEndian(6, as: UInt16.self) == 0 else {
      throw CheckpointError(
        .unsupported, path: file.path, "the zip archive goes over several files, and this is only one of them")
    }
    var directory = (
      count: Int(end.littleEndian(10, as: UInt16.self)), onDisk: Int(end.littleEndian(8, as: UInt16.self)),
      byteCount: Int(end.littleEndian(12, as: UInt32.self)), offset: Int(end.littleEndian(16, as: UInt32.self)),
      end: endOffset
    )
    if let (large, offset) = try Self.end64Record(of: file, before: endOffset) {
      // A number that fits stands in both records, and is the same.
      let small: [(number: UInt64, placeholder: UInt64)] = [
        (UInt64(end.littleEndian(10, as: UInt16.self)), UInt64(ZipLayout.large16)),
        (UInt64(end.littleEndian(12, as: UInt32.self)), UInt64(ZipLayout.large32)),
        (UInt64(end.littleEndian(16, as: UInt32.self)), UInt64(ZipLayout.large32)),
      ]
      for (field, position) in zip(small, [32, 40, 48])
      where field.number != large.littleEndian(position) && field.number != field.placeholder {
        throw Self.damaged(file.path, "its two end records differ")
      }
      let numbers = [24, 32, 40, 48].map { Int(exactly: large.littleEndian($0, as: UInt64.self)) }
      guard let onDisk = numbers[0], let count = numbers[1], let bytes = numbers[2], let start = numbers[3] else {
        throw Self.damaged(file.path, "its end record has numbers beyond 63 bits")
      }
      directory = (count, onDisk, bytes, start, offset)
    }
    let (end64, overflow) = directory.offset.addingReportingOverflow(directory.byteCount)
    guard !overflow, end64 == directory.end, directory.count == directory.onDisk else {
      throw Self.damaged(
        file.path,
        "its table of contents should be \(directory.byteCount) bytes at offset \(directory.offset) and end where the "
          + "end record begins, at \(directory.end)")
    }
    guard directory.count <= directory.byteCount / ZipLayout.centralSize else {
      throw Self.damaged(
        file.path, "\(directory.count) entries do not fit its table of contents of \(directory.byteCount) bytes")
    }
    guard directory.count <= Self.most else {
      throw CheckpointError(
        .refused, path: file.path,
        "the zip archive has \(directory.count) entries; this build reads up to \(Self.most)")
    }
    guard directory.byteCount <= Self.largest else {
      throw CheckpointError(
        .refused, path: file.path,
        "the table of contents of the zip archive has \(ByteCount.text(directory.byteCount)); this build reads up to "
          + ByteCount.text(Self.largest))
    }
    offset = directory.offset
    byteCount = directory.byteCount
    count = directory.count
  }

  /// The last record in the file that ends with it, its comment included.
  private static func endRecord(of file: OpenFile, size: Int) throws -> (record: [UInt8], offset: Int) {
    let reach = min(size, ZipLayout.endSize + Int(UInt16.max))
    let tail = try file.prefix(reach, at: size - reach)
    var start = tail.count - ZipLayout.endSize
    while start >= 0 {
      if tail.littleEndian(start) == ZipLayout.endSignature {
        let comment = Int(tail.littleEndian(start + 20, as: UInt16.self))
        if start + ZipLayout.endSize + comment == tail.count {
          return (Array(tail[start..<start + ZipLayout.endSize]), size - reach + start)
        }
      }
      start -= 1
    }
    throw CheckpointError(
      .truncated, path: file.path,
      "the zip archive has no end: the file was cut, its writer was interrupted, or something was appended to it; use "
        + "another copy of the file")
  }

  /// The end record of 64 bits and its offset, when the archive has one.
  private static func end64Record(of file: OpenFile, before end: Int) throws -> (record: [UInt8], offset: Int)? {
    guard end >= ZipLayout.locatorSize else { return nil }
    let locator = try file.prefix(ZipLayout.locatorSize, at: end - ZipLayout.locatorSize)
    guard locator.count == ZipLayout.locatorSize, locator.littleEndian(0) == ZipLayout.locatorSignature else {
      return nil
    }
    let offset = Int(exactly: locator.littleEndian(8, as: UInt64.self))
    guard let offset, offset <= end - ZipLayout.locatorSize - ZipLayout.end64Size else {
      throw damaged(file.path, "its second end record lies outside of the file")
    }
    let record = try file.prefix(ZipLayout.end64Size, at: offset)
    guard record.count == ZipLayout.end64Size, record.littleEndian(0) == ZipLayout.end64Signature else {
      throw damaged(file.path, "there is no second end record at offset \(offset)")
    }
    let length: UInt64 = record.littleEndian(4)
    guard length == UInt64(end - ZipLayout.locatorSize - offset - 12) else {
      throw damaged(file.path, "the length of its second end record is wrong")
    }
    let disks: (UInt32, UInt32) = (record.littleEndian(16), record.littleEndian(20))
    guard disks == (0, 0), locator.littleEndian(4, as: UInt32.self) == 0 else {
      throw CheckpointError(
        .unsupported, path: file.path, "the zip archive goes over several files, and this is only one of them")
    }
    return (record, offset)
  }

  private static func damaged(_ path: String, _ what: String) -> CheckpointError {
    CheckpointError(.corrupt, path: path, "the zip archive is damaged: \(what); use another copy of the file")
  }
}
