import Tensors

/// The extents of a dataset or an attribute (specification, IV.A.2.b).
enum H5Dataspace {
  /// No elements and no shape.
  case null
  case extents([Int])

  init(_ message: H5Cursor) throws {
    var cursor = message
    let version = try cursor.version(1...2)
    let rank = try cursor.integer(1)
    try cursor.skip(1)
    let kind = try cursor.byte()
    if version == 1 { try cursor.skip(4) }
    if version == 2, kind == 2 {
      self = .null
      return
    }
    guard rank <= 32 else { throw cursor.error("has \(rank) dimensions; HDF5 has at most 32") }
    self = .extents(try (0..<rank).map { _ in try cursor.length() })
  }
}
