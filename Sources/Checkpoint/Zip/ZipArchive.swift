/// An open zip archive.
///
/// Opening reads the table of contents and every local header, and believes neither: they must say the same, lie inside
/// of the file, and claim no byte twice. What an entry claims to hold is at most what its bytes could be inflated to.
final class ZipArchive: Sendable {
  /// The archive.
  let file: OpenFile
  /// All entries, in the order of the table of contents.
  let entries: [ZipEntry]
  private let places: [String: Int]

  /// Deflate makes at most 1032 bytes of one.
  private static let largestRatio = 1032

  /// Opens an archive.
  /// - Throws: ``CheckpointError``: `.truncated` without an end, `.corrupt` when its headers contradict each other or the
  ///   file, `.refused` for entries that overlap or have one name or claim more than they could hold, `.unsupported` for
  ///   what is encrypted or compressed by other methods than Deflate.
  init(_ file: OpenFile) throws {
    self.file = file
    let directory = try ZipDirectory(of: file)
    let bytes = try file.prefix(directory.byteCount, at: directory.offset)
    guard bytes.count == directory.byteCount else {
      throw CheckpointError(.truncated, path: file.path, "the file became shorter while it was read")
    }
    var entries: [ZipEntry] = []
    var places: [String: Int] = [:]
    var rest = bytes[...]
    for number in 0..<directory.count {
      let header = try ZipHeader(rest, number: number, path: file.path)
      rest = rest.dropFirst(header.size)
      entries.append(try Self.entry(header, before: directory.offset, of: file))
      guard places.updateValue(number, forKey: header.name) == nil else {
        throw CheckpointError(
          .refused, path: file.path, "the zip archive has two entries called '\(header.name.terminalEscaped)'")
      }
    }
    guard rest.isEmpty else {
      throw CheckpointError(
        .corrupt, path: file.path, "the table of contents of the zip archive has \(rest.count) bytes too many")
    }
    try Self.checkOverlaps(entries, path: file.path)
    self.entries = entries
    self.places = places
  }

  /// The entry of a name.
  func entry(_ name: String) -> ZipEntry? { places[name].map { entries[$0] } }

  /// Makes an entry of a header that is sound.
  private static func entry(_ header: ZipHeader, before end: Int, of file: OpenFile) throws -> ZipEntry {
    let label = "the zip entry '\(header.name.terminalEscaped)'"
    let encryption = ZipLayout.Flag.encrypted | ZipLayout.Flag.strongEncryption | ZipLayout.Flag.masked
    guard header.flags & encryption == 0 else {
      throw CheckpointError(
        .unsupported, path: file.path, "\(label) is encrypted; decrypt it with the program that made it")
    }
    guard let method = ZipEntry.Method(rawValue: header.method), header.flags & ZipLayout.Flag.patch == 0 else {
      throw CheckpointError(
        .unsupported, path: file.path,
        "\(label) is \(ZipLayout.name(ofMethod: header.method)); this build reads stored and deflated ones: unpack the "
          + "archive and pack it again with plain 'zip'")
    }
    let longest = ZipLayout.localSize + header.rawName.count + Int(UInt16.max)
    guard header.offset <= end - ZipLayout.localSize else {
      throw CheckpointError(
        .truncated, path: file.path, "\(label) should begin at byte \(header.offset), and all entries end at \(end)")
    }
    // Most extra fields are short: one small read is enough for nearly every header.
    let reach = min(end - header.offset, longest)
    var local = try file.prefix(min(reach, ZipLayout.localSize + header.rawName.count + 96), at: header.offset)
    if local.count >= ZipLayout.localSize {
      let needed =
        ZipLayout.localSize + Int(local.littleEndian(26, as: UInt16.self))
        + Int(local.littleEndian(28, as: UInt16.self))
      if needed > local.count, needed <= reach { local = try file.prefix(needed, at: header.offset) }
    }
    let offset = header.offset + (try header.check(local: local, path: file.path))
    guard header.storedCount <= end - offset else {
      throw CheckpointError(
        .truncated, path: file.path,
        "\(label) claims \(header.storedCount) bytes at offset \(offset), and all entries end at \(end)")
    }
    switch method {
    case .stored where header.storedCount != header.byteCount:
      throw CheckpointError(
        .corrupt, path: file.path,
        "\(label) is stored, yet takes \(header.storedCount) bytes for \(header.byteCount)")
    case .deflated where (header.byteCount - 1) / largestRatio > header.storedCount:
      throw CheckpointError(
        .refused, path: file.path,
        "\(label) claims to hold \(ByteCount.text(header.byteCount)), more than could be made of its "
          + "\(header.storedCount) bytes")
    default: break
    }
    return ZipEntry(
      name: header.name, method: method, headerOffset: header.offset, offset: offset, storedCount: header.storedCount,
      byteCount: header.byteCount, crc: header.crc)
  }

  private static func checkOverlaps(_ entries: [ZipEntry], path: String) throws {
    let sorted = entries.sorted { $0.headerOffset < $1.headerOffset }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.offset + first.storedCount > second.headerOffset
    {
      throw CheckpointError(
        .refused, path: path, "the zip entries \(first.label) and \(second.label) lie on the same bytes of the file")
    }
  }
}
