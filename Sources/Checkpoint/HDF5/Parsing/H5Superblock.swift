/// The beginning of a file: where its root is (specification, II.A).
struct H5Superblock {
  /// The signature of every HDF5 file.
  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The address of the root group's object header.
  let root: Int

  /// Where the HDF5 file begins in a file: behind a block of the user's own there, which has 512 bytes or a power of two
  /// times as many; `nil` when there is none.
  static func start(in file: OpenFile) throws -> Int? {
    let size = try file.size()
    var start = 0
    while start < size {
      if try file.prefix(signature.count, at: start) == signature { return start }
      start = max(512, start * 2)
    }
    return nil
  }

  init(_ source: H5Source) throws {
    let start = try source.bytes(min(96, source.size), at: 0, of: "the beginning")
    guard start.count >= 48, start.starts(with: Self.signature) else {
      throw CheckpointError(.truncated, path: source.path, "the file is cut: it has only \(source.size) bytes")
    }
    var cursor = H5Cursor(start[8...], path: source.path, what: "the beginning of the file (its superblock)")
    let version = try cursor.version(0...3)
    let (base, end): (Int, Int)
    if version < 2 {
      try cursor.skip(4)
      try Self.checkSizes(&cursor)
      try cursor.skip(version == 0 ? 9 : 13)
      base = try cursor.length()
      try cursor.skip(8)
      end = try cursor.requiredAddress()
      try cursor.skip(16)  // the driver's block, and the name of the root
      root = try cursor.requiredAddress()
    } else {
      try Self.checkSizes(&cursor)
      let flags = try cursor.byte()
      base = try cursor.length()
      try cursor.skip(8)
      end = try cursor.requiredAddress()
      root = try cursor.requiredAddress()
      // Both are guarded by the checksum below: these are only the likelier sentences.
      if version == 3, flags & 1 != 0, end < 1 << 56 {
        throw CheckpointError(
          .truncated, path: source.path, "the file was never finished: its writer is still at work, or was stopped")
      }
    }
    // The end counts from the beginning of the file, all other addresses from the base.
    if source.size < end - base, end < 1 << 56 {
      throw CheckpointError(
        .truncated, path: source.path,
        "the file is cut: it has \(source.size) bytes of \(end - base); copy or download it again")
    }
    if version >= 2 {
      var all = H5Cursor(start.prefix(48), path: source.path, what: "the beginning of the file (its superblock)")
      try all.checkSum()
    }
  }

  private static func checkSizes(_ cursor: inout H5Cursor) throws {
    let sizes = (try cursor.byte(), try cursor.byte())
    guard sizes == (8, 8) else {
      throw cursor.error("has addresses of \(sizes.0) bytes and lengths of \(sizes.1); only 8 is read", .unsupported)
    }
  }
}
