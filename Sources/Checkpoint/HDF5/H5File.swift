import CHDF5
import OrderedCollections
import Tensors

/// An HDF5 file that nobody has vouched for, open for reading.
///
/// Nothing in it is followed out of it, and nothing is allocated on its word: every claim is held against the size of the
/// file first.
struct H5File: ~Copyable {
  /// How deep groups may be nested.
  static let deepest = 32

  let path: String
  /// The file below, for reading the bytes of tensors.
  let file: OpenFile
  let size: Int
  private let handle: H5Handle

  /// Opens a file that has been recognised as HDF5.
  init(_ path: String) throws {
    let sniffed = try OpenFile(path, .read)
    try FileKind.checkOrdinary(sniffed)
    let kind = try FileKind.of(sniffed)
    guard kind == .hdf5 else { throw kind.refusal(path: path) }
    try Self.checkEnd(sniffed)
    let access = try H5Handle.properties(path) { zoo_h5_file_access() }
    _ = try HDF5.call(path, "set up the reading") { zoo_h5_disable_locking(access.id) }
    let handle = try H5Handle(path, "open the file") { H5Fopen(path, zoo_h5_read_only(), access.id) }
    // The name may mean another file by now: what is read must be the file that HDF5 has open.
    var descriptor: Int32 = -1
    let id = handle.id
    _ = try HDF5.call(path, "find the open file") { zoo_h5_descriptor(id, &descriptor) }
    let file = try OpenFile(path, duplicating: descriptor)
    size = try file.size()
    self.path = path
    self.file = file
    self.handle = handle
  }

  /// Says plainly what HDF5 says obscurely: that the file was cut, or never finished.
  ///
  /// HDF5 File Format Specification 3.0, II.A: version 2 and 3 of the superblock have the flags at byte 11 and the end of
  /// the file at byte 28.
  private static func checkEnd(_ file: OpenFile) throws {
    let start = try file.prefix(48)
    let size = try file.size()
    guard start.count == 48 else {
      throw CheckpointError(.truncated, path: file.path, "the file is cut: it has only \(size) bytes")
    }
    guard start[8] == 2 || start[8] == 3, start[9] == 8 else { return }
    let end = start[28..<36].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // Both the flags and the end are guarded by a checksum, which HDF5 checks: these are only the likelier sentences.
    if size < end, end < 1 << 56 {
      throw CheckpointError(
        .truncated, path: file.path, "the file is cut: it has \(size) bytes of \(end); copy or download it again")
    }
    if start[8] == 3, start[11] & 1 != 0, end < 1 << 56 {
      throw CheckpointError(
        .truncated, path: file.path, "the file was never finished: its writer is still at work, or was stopped")
    }
  }

  /// Everything in the file: the root first, each group before what it holds, in the order of creation where the file
  /// keeps it.
  func entries() throws -> [H5Entry<StoredTensor>] {
    var walk = H5Walk(path: path, fileSize: size)
    try walk.visit(root: handle.id)
    try walk.checkOverlaps()
    return walk.entries
  }

  /// An attribute of the root, when it is there.
  func rootAttribute(_ name: String) throws -> AttributeValue? {
    let id = handle.id
    let exists = try HDF5.call(path, "look for the attribute '\(name)'") {
      H5Aexists_by_name(id, "/", name, zoo_h5_default())
    }
    guard exists > 0 else { return nil }
    let root = try H5Handle(path, "open /") { H5Gopen2(id, "/", zoo_h5_default()) }
    return try H5AttributeReader(path: path, object: "/", id: root.id, isOrdered: false).value(name)
  }

  /// Whether the root holds something of that name.
  func rootHas(_ name: String) throws -> Bool {
    let id = handle.id
    return try HDF5.call(path, "look for /\(name)") { H5Lexists(id, name, zoo_h5_default()) } > 0
  }
}
