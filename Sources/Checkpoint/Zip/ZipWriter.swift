/// Writes a zip archive into an open file.
///
/// Entries are given their places first, in order; what they hold may then be written by any number of threads, straight
/// to its place, and only its checksum is told here. Headers come last.
///
///     let writer = ZipWriter(to: publication.file, style: .plain)
///     let place = try writer.place("weight.npy", byteCount: bytes.count)
///     writer.set(try file.writeChecksummed(bytes, at: place.offset), of: place)
///     let size = try writer.finish()
final class ZipWriter {
  /// What archives of a program look like.
  struct Style: Sendable {
    /// What an entry holds begins at a multiple of this.
    let alignment: Int
    /// Whether checksum and sizes stand behind the bytes, and 0 in the local header.
    let hasDescriptors: Bool
    /// Whether the end records of 64 bits are written even where nothing needs them.
    let isAlways64: Bool

    /// As PyTorch writes them.
    static let pytorch = Style(alignment: 64, hasDescriptors: true, isAlways64: true)
    /// As most programs write them, aligned so that arrays can be mapped.
    static let plain = Style(alignment: 64, hasDescriptors: false, isAlways64: false)
  }

  /// Where an entry belongs.
  struct Place: Sendable {
    fileprivate let index: Int
    /// Where its first byte belongs in the file.
    let offset: Int
    /// The bytes that it holds.
    let byteCount: Int
  }

  private struct Entry {
    let name: [UInt8]
    let method: ZipEntry.Method
    let headerOffset: Int
    let offset: Int
    let byteCount: Int
    var storedCount: Int
    var crc: UInt32
  }

  private let file: OpenFile
  private let style: Style
  private var entries: [Entry] = []
  private var names: Set<String> = []
  /// Where the next entry's header begins.
  private var position = 0

  /// The bytes of all entries so far.
  var byteCount: Int { position }

  /// Begins an archive in an empty file.
  init(to file: OpenFile, style: Style) {
    self.file = file
    self.style = style
  }

  /// Makes room for an entry that is stored as it is.
  /// - Throws: ``CheckpointError/Code/invalid`` for a name that the archive has already, or that zip has no room for.
  func place(_ name: String, byteCount: Int) throws -> Place {
    let place = try begin(name, method: .stored, byteCount: byteCount)
    end(place, storedCount: byteCount)
    return place
  }

  /// Tells the checksum of what was written at a place.
  func set(_ crc: UInt32, of place: Place) { entries[place.index].crc = crc }

  /// Writes a small entry, stored.
  func add(_ name: String, _ bytes: some Collection<UInt8>) throws {
    let bytes = Array(bytes)
    let place = try place(name, byteCount: bytes.count)
    set(try bytes.withUnsafeBytes { try file.writeChecksummed($0, at: place.offset) }, of: place)
  }

  /// Writes an entry deflated, by several threads. Its place in the file is where the entries before it end.
  /// - Parameters:
  ///   - level: 1 (fast) to 9 (small).
  ///   - parts: What it holds, in parts that follow each other.
  func add(_ name: String, deflating parts: [UnsafeRawBufferPointer], level: Int) throws {
    let place = try begin(name, method: .deflated, byteCount: parts.reduce(0) { $0 + $1.count })
    let (count, crc) = try Deflater.deflate(parts, level: level, to: file, at: place.offset)
    set(crc, of: place)
    end(place, storedCount: count)
  }

  private func begin(_ name: String, method: ZipEntry.Method, byteCount: Int) throws -> Place {
    let raw = Array(name.utf8)
    guard names.insert(name).inserted else {
      throw CheckpointError(
        .invalid, path: file.path, "two entries of the zip archive would be called '\(name.terminalEscaped)'")
    }
    guard !raw.isEmpty, raw.count <= Int(UInt16.max), !raw.contains(0) else {
      throw CheckpointError(
        .invalid, path: file.path,
        "'\(String(name.prefix(80)).terminalEscaped)' cannot name an entry of a zip archive: it must have 1 to 65535 bytes and no NUL"
      )
    }
    let bare = position + ZipLayout.localSize + raw.count + (isLarge(byteCount) ? 20 : 0)
    let offset =
      style.alignment > 1 ? (bare + 4 + style.alignment - 1) / style.alignment * style.alignment : bare
    entries.append(
      Entry(
        name: raw, method: method, headerOffset: position, offset: offset, byteCount: byteCount, storedCount: 0, crc: 0)
    )
    return Place(index: entries.count - 1, offset: offset, byteCount: byteCount)
  }

  private func end(_ place: Place, storedCount: Int) {
    entries[place.index].storedCount = storedCount
    position = place.offset + storedCount + descriptorSize(entries[place.index])
  }

  /// Writes all headers, and cuts the file behind the last.
  /// - Returns: The bytes of the archive.
  @discardableResult
  func finish() throws -> Int {
    var directory: [UInt8] = []
    for entry in entries {
      try write(localHeader(entry), at: entry.headerOffset)
      if descriptorSize(entry) > 0 { try write(descriptor(entry), at: entry.offset + entry.storedCount) }
      directory += centralHeader(entry)
    }
    let count = directory.count
    directory += endRecords(directorySize: count)
    try write(directory, at: position)
    let size = position + directory.count
    try file.setSize(size)
    return size
  }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { try file.write($0, at: offset) }
  }
}

extension ZipWriter {
  /// Whether an entry needs sizes of 64 bits. What is deflated may grow a little.
  private func isLarge(_ byteCount: Int) -> Bool { byteCount >= Int(UInt32.max) - (64 << 20) }

  private func descriptorSize(_ entry: Entry) -> Int {
    guard style.hasDescriptors, entry.byteCount > 0 else { return 0 }
    return isLarge(entry.byteCount) ? 24 : 16
  }

  private func flags(_ entry: Entry) -> UInt16 {
    let isPlain = !style.hasDescriptors && entry.name.allSatisfy { $0 < 0x80 }
    return (isPlain ? 0 : ZipLayout.Flag.utf8) | (descriptorSize(entry) > 0 ? ZipLayout.Flag.descriptor : 0)
  }

  /// The fields that both headers have, from the version that is needed to the time.
  private func common(_ entry: Entry) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(isLarge(entry.byteCount) ? 45 : entry.method == .deflated ? 20 : 10))
    bytes.append(littleEndian: flags(entry))
    bytes.append(littleEndian: entry.method.rawValue)
    // No time, so that the same contents make the same file: midnight on 1 January 1980, the first that zip has.
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0x21))
    return bytes
  }

  private func localHeader(_ entry: Entry) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipLayout.localSignature)
    bytes += common(entry)
    let isLarge = isLarge(entry.byteCount)
    let isLater = descriptorSize(entry) > 0
    bytes.append(littleEndian: isLater ? 0 : entry.crc)
    for count in [entry.storedCount, entry.byteCount] {
      bytes.append(littleEndian: isLarge ? ZipLayout.large32 : isLater ? 0 : UInt32(count))
    }
    bytes.append(littleEndian: UInt16(entry.name.count))
    let extra = entry.offset - entry.headerOffset - ZipLayout.localSize - entry.name.count
    bytes.append(littleEndian: UInt16(extra))
    bytes += entry.name
    if isLarge {
      bytes.append(littleEndian: ZipLayout.zip64Field)
      bytes.append(littleEndian: UInt16(16))
      bytes.append(littleEndian: UInt64(entry.byteCount))
      bytes.append(littleEndian: UInt64(entry.storedCount))
    }
    let padding = entry.offset - entry.headerOffset - bytes.count
    if padding >= 4 {
      bytes.append(littleEndian: ZipLayout.paddingField)
      bytes.append(littleEndian: UInt16(padding - 4))
      bytes += [UInt8](repeating: UInt8(ascii: "Z"), count: padding - 4)
    }
    return bytes
  }

  private func descriptor(_ entry: Entry) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipLayout.descriptorSignature)
    bytes.append(littleEndian: entry.crc)
    for count in [entry.storedCount, entry.byteCount] {
      if isLarge(entry.byteCount) {
        bytes.append(littleEndian: UInt64(count))
      } else {
        bytes.append(littleEndian: UInt32(count))
      }
    }
    return bytes
  }

  private func centralHeader(_ entry: Entry) -> [UInt8] {
    var large: [UInt8] = []
    // Only what does not fit goes to the extra field, in this order.
    let fields = [entry.byteCount, entry.storedCount, entry.headerOffset].map { number in
      guard number >= Int(ZipLayout.large32) else { return UInt32(number) }
      large.append(littleEndian: UInt64(number))
      return ZipLayout.large32
    }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: ZipLayout.centralSignature)
    bytes.append(littleEndian: UInt16(large.isEmpty ? 20 : 45))  // made by version 2.0 or 4.5, for any system
    bytes += common(entry)
    bytes.append(littleEndian: entry.crc)
    bytes.append(littleEndian: fields[1])
    bytes.append(littleEndian: fields[0])
    bytes.append(littleEndian: UInt16(entry.name.count))
    bytes.append(littleEndian: UInt16(large.isEmpty ? 0 : large.count + 4))
    bytes += [UInt8](repeating: 0, count: 10)  // no comment, this disk, no attributes
    bytes.append(littleEndian: fields[2])
    bytes += entry.name
    if !large.isEmpty {
      bytes.append(littleEndian: ZipLayout.zip64Field)
      bytes.append(littleEndian: UInt16(large.count))
      bytes += large
    }
    return bytes
  }

  private func endRecords(directorySize: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    let needs64 =
      entries.count >= Int(ZipLayout.large16) || directorySize >= Int(ZipLayout.large32)
      || position >= Int(ZipLayout.large32)
    if needs64 || style.isAlways64 {
      bytes.append(littleEndian: ZipLayout.end64Signature)
      bytes.append(littleEndian: UInt64(ZipLayout.end64Size - 12))
      bytes.append(littleEndian: UInt16(45))
      bytes.append(littleEndian: UInt16(45))
      bytes.append(littleEndian: UInt64(0))
      for number in [entries.count, entries.count, directorySize, position] {
        bytes.append(littleEndian: UInt64(number))
      }
      bytes.append(littleEndian: ZipLayout.locatorSignature)
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt64(position + directorySize))
      bytes.append(littleEndian: UInt32(1))
    }
    bytes.append(littleEndian: ZipLayout.endSignature)
    bytes.append(littleEndian: UInt32(0))
    for _ in 0..<2 { bytes.append(littleEndian: UInt16(clamping: entries.count)) }
    for number in [directorySize, position] { bytes.append(littleEndian: UInt32(clamping: number)) }
    bytes.append(littleEndian: UInt16(0))
    return bytes
  }
}
