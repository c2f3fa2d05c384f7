import CHDF5
import OrderedCollections
import Tensors

/// Finds out what one dataset is, without reading its bytes.
struct H5DatasetReader {
  let path: String
  let fileSize: Int
  /// The names of the links from the root down, as they stand in the file.
  let place: [String]
  /// The library's number of the dataset.
  let id: Int64

  /// `/net/features.0.weight`, for errors.
  var object: String { H5Entry<Never>.description(of: place) }

  /// Where the bytes lie, when they lie in one piece in this very file: HDF5 has no such place for any other layout.
  private var address: haddr_t? {
    var address: haddr_t = 0
    HDF5.attempt { address = H5Dget_offset(id) }
    return zoo_h5_is_undefined(address) == 0 ? address : nil
  }

  /// Refuses everything but bytes in one piece in this very file.
  func checkLayout() throws {
    if address != nil { return }
    let creation = try H5Handle(path, "open \(object)") { H5Dget_create_plist(id) }
    let layout = try HDF5.call(path, "read the layout of \(object)") { H5Pget_layout(creation.id).rawValue }
    switch layout {
    case H5D_CONTIGUOUS.rawValue: break
    case H5D_VIRTUAL.rawValue:
      throw CheckpointError(.refused, path: path, "\(object) is virtual: its bytes are those of other files")
    case H5D_CHUNKED.rawValue:
      throw CheckpointError(
        .unsupported, path: path, "\(object) is stored in chunks; this build reads tensors stored in one piece")
    default:
      throw CheckpointError(
        .unsupported, path: path, "\(object) has a layout (\(layout)) that this build does not read")
    }
    guard try HDF5.call(path, "read the layout of \(object)", { H5Pget_external_count(creation.id) }) == 0 else {
      throw CheckpointError(.refused, path: path, "\(object) keeps its bytes in another file")
    }
  }

  /// The tensor, whose bytes are known to lie inside the file.
  func tensor(_ attributes: Attributes, index: Int) throws -> StoredTensor {
    let shape = try shape()
    let type = try H5Handle(path, "read the type of \(object)") { H5Dget_type(id) }
    let dtype = try H5ElementType.read(type, name: attributes[H5ElementType.nameAttribute]?.string, path: path)
    guard let dtype else {
      throw CheckpointError(
        .unsupported, path: path,
        "the elements of \(object) are of a type that no tensor has, such as text or big-endian numbers")
    }
    guard let byteCount = shape.byteCount(of: dtype) else {
      throw CheckpointError(.refused, path: path, "\(object) claims shape \(shape), which no memory could hold")
    }
    return StoredTensor(
      index: index, path: try names(), name: try name(), dtype: dtype, shape: shape, offset: try offset(byteCount),
      digest: try digest(attributes))
  }

  private func shape() throws -> Shape {
    let space = try H5Handle(path, "read the shape of \(object)") { H5Dget_space(id) }
    let extent = try HDF5.call(path, "read the shape of \(object)") { H5Sget_simple_extent_type(space.id).rawValue }
    guard extent != H5S_NULL.rawValue else {
      throw CheckpointError(.unsupported, path: path, "\(object) has no elements and no shape (a null dataspace)")
    }
    let rank = Int(try HDF5.call(path, "read the shape of \(object)") { H5Sget_simple_extent_ndims(space.id) })
    var extents = [hsize_t](repeating: 0, count: rank)
    _ = try HDF5.call(path, "read the shape of \(object)") { H5Sget_simple_extent_dims(space.id, &extents, nil) }
    let dimensions = extents.compactMap { Int(exactly: $0) }
    guard dimensions.count == rank, let shape = Shape(checking: dimensions) else {
      throw CheckpointError(.refused, path: path, "\(object) claims shape \(extents), which no memory could hold")
    }
    return shape
  }

  /// Where the bytes begin; `nil` when there are none.
  private func offset(_ byteCount: Int) throws -> Int? {
    let stored = try HDF5.call(path, "find the bytes of \(object)") { Int64(bitPattern: H5Dget_storage_size(id)) }
    if byteCount == 0 { return nil }
    guard let address, stored == byteCount else {
      throw CheckpointError(
        .refused, path: path, "\(object) claims \(byteCount) bytes, but the file stores \(max(0, stored)) for it")
    }
    guard let offset = Int(exactly: address), offset <= fileSize, byteCount <= fileSize - offset else {
      throw CheckpointError(
        .truncated, path: path,
        "\(object) claims \(byteCount) bytes at offset \(address), but the file has only \(fileSize)")
    }
    return offset
  }

  private func names() throws -> [String] {
    try place.map { link in
      guard let name = H5Name.unescaped(link) else {
        throw CheckpointError(.invalid, path: path, "\(object): '%' in a name must be written as %25")
      }
      return name
    }
  }

  private func name() throws -> String {
    let names = try names()
    return names.count == 2 && names[0] == NativeLayout.net ? names[1] : names.joined(separator: ".")
  }

  private func digest(_ attributes: Attributes) throws -> String? {
    guard let value = attributes[DigestAttribute.tensor] else { return nil }
    guard let digest = value.string, Digest.isKnown(digest) else {
      throw CheckpointError(
        .unsupported, path: path,
        "the digest of \(object) is not of the form 'xxh3-128:' and 32 hexadecimal digits; it cannot be checked")
    }
    return digest
  }
}
