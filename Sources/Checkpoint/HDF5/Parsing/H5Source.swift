/// The structures of an HDF5 file that nobody has vouched for, read as they are asked for.
///
/// The reader is our own, not the library: HDF5 1.10 overflows buffers on forged files. It follows the HDF5 File Format
/// Specification 3.0, whose sections are named at each structure. Every offset and length is held against the file, and
/// all that is read together is bounded by the size of the file, so that circles and bombs end.
final class H5Source {
  /// The file, for errors.
  let path: String
  let file: OpenFile
  /// Where the HDF5 file begins in the file; addresses count from here.
  let start: Int
  /// The bytes of the HDF5 file.
  let size: Int
  private var pages: [Int: [UInt8]] = [:]
  private var allowance: Int
  private var chunkCount = 0

  /// So many chunks of all datasets are kept in mind; each takes about a hundred bytes.
  private static let mostChunks = 1 << 18
  private static let pageSize = 1 << 15
  private static let mostPages = 128

  /// Structures of an HDF5 file that is a part of another file.
  init(_ file: OpenFile, path: String, at start: Int, count: Int) throws {
    self.path = path
    self.file = file
    self.start = start
    size = count
    // A sound file has each structure read a few times; reading one costs at least a little.
    allowance = count > 1 << 58 ? .max : count * 4 + (4 << 20)
  }

  /// Takes work off what the whole file may cost.
  func charge(_ count: Int) throws {
    guard count <= allowance else {
      throw CheckpointError(
        .refused, path: path, "its structures refer to each other so often that reading them would not end")
    }
    allowance -= count
  }

  /// Counts a chunk of a dataset.
  func countChunk(of object: String) throws {
    chunkCount += 1
    guard chunkCount <= Self.mostChunks else {
      throw CheckpointError(
        .refused, path: path,
        "with \(object) the file has more than \(Self.mostChunks) chunks, which take too much memory; save it in larger chunks"
      )
    }
  }

  /// Bytes of the file.
  /// - Throws: ``CheckpointError/Code/truncated`` when they do not lie inside of it.
  func bytes(_ count: Int, at offset: Int, of what: @autoclosure () -> String) throws -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw CheckpointError(
        .truncated, path: path,
        "\(what()) would take \(count) bytes at offset \(offset), but the file has only \(size)")
    }
    try charge(count + 64)
    let (first, last) = (offset / Self.pageSize, (offset + max(count, 1) - 1) / Self.pageSize)
    if last - first > 1 { return try large(count, at: offset) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for page in first...last {
      let content = try self.page(page)
      let start = page * Self.pageSize
      let (from, to) = (max(offset, start) - start, min(offset + count, start + Self.pageSize) - start)
      if from < to { bytes += content[from..<min(to, content.count)] }
    }
    guard bytes.count == count else {
      throw CheckpointError(.truncated, path: path, "the file became shorter while it was read")
    }
    return bytes
  }

  /// A cursor over bytes of the file.
  func cursor(_ count: Int, at offset: Int, of what: String) throws -> H5Cursor {
    H5Cursor(try bytes(count, at: offset, of: what), path: path, what: what)
  }

  /// A cursor over a structure that begins with a signature.
  func cursor(_ count: Int, at offset: Int, of what: String, signature: String) throws -> H5Cursor {
    var cursor = try cursor(count, at: offset, of: what)
    try cursor.expect(signature)
    return cursor
  }

  /// A structure that ends with a checksum over all before it; the cursor is without that.
  func checked(_ count: Int, at offset: Int, of what: String, signature: String) throws -> H5Cursor {
    let bytes = try bytes(count, at: offset, of: what)
    var cursor = H5Cursor(bytes, path: path, what: "\(what) at offset \(offset)")
    try cursor.checkSum()
    try cursor.expect(signature)
    return cursor
  }

  private func page(_ number: Int) throws -> [UInt8] {
    if let page = pages[number] { return page }
    if pages.count >= Self.mostPages { pages = [:] }
    let offset = number * Self.pageSize
    let page = try file.prefix(min(Self.pageSize, size - offset), at: start + offset)
    pages[number] = page
    return page
  }

  private func large(_ count: Int, at offset: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try file.read(
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
        at: start + offset)
      initialized = count
    }
  }
}
