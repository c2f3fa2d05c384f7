import Tensors

/// The extents of a dataset or an attribute (specification, IV.A.2.b).
enum H5Dataspace {
  /// No elements and no shape.
  case null
  /// The extents, and how far each may grow (`nil` without end).
  case extents([Int], most: [Int?])

  init(_ message: H5Cursor) throws {
    var cursor = message
    let version = try cursor.version(1...2)
    let rank = try cursor.integer(1)
    let flags = try cursor.byte()
    let kind = try cursor.byte()
    if version == 1 { try cursor.skip(4) }
    if version == 2, kind == 2 {
      self = .null
      return
    }
    guard rank <= 32 else { throw cursor.error("has \(rank) dimensions; HDF5 has at most 32") }
    let extents = try (0..<rank).map { _ in try cursor.length() }
    guard flags & 1 != 0 else {
      self = .extents(extents, most: extents)
      return
    }
    // All ones, as an address that is none, is an extent that may grow without end.
    let most = try (0..<rank).map { _ in try cursor.address() }
    guard zip(extents, most).allSatisfy({ $0 <= $1 ?? .max }) else {
      throw cursor.error("has extents \(extents), which are larger than they may ever be")
    }
    self = .extents(extents, most: most)
  }
}
