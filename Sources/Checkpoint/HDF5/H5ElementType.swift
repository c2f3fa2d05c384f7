import CHDF5
import Tensors

/// How each ``DType`` stands in a file, so that stock h5py opens it meaningfully: numbers as themselves, `bool` as h5py's
/// enumeration, complex numbers as the compound (r, i), and what numpy has no name for (`bfloat16`, the 8-bit floats) as
/// opaque bytes whose name is in the attribute `dtype`, as Keras does.
enum H5ElementType {
  /// The attribute that names an opaque element type.
  static let nameAttribute = "dtype"

  /// The element types that HDF5 cannot tell by itself.
  static func isOpaque(_ dtype: DType) -> Bool {
    switch dtype {
    case .bfloat16, .float8E4M3, .float8E5M2: true
    default: false
    }
  }

  /// The type of the file for an element type.
  static func make(_ dtype: DType, path: String) throws -> H5Handle {
    let doing = "make the type \(dtype.rawValue)"
    switch dtype {
    case .float16: return try H5Handle(path, doing) { zoo_h5_make_float16() }
    case .bool:
      let type = try H5Handle(path, doing) { H5Tenum_create(zoo_h5_int8()) }
      for (name, number) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
        var number = number
        _ = try HDF5.call(path, doing) { H5Tenum_insert(type.id, name, &number) }
      }
      return type
    case .complex64, .complex128:
      let part = dtype == .complex64 ? zoo_h5_float32() : zoo_h5_float64()
      let type = try H5Handle(path, doing) { H5Tcreate(H5T_COMPOUND, dtype.size) }
      _ = try HDF5.call(path, doing) { H5Tinsert(type.id, "r", 0, part) }
      _ = try HDF5.call(path, doing) { H5Tinsert(type.id, "i", dtype.size / 2, part) }
      return type
    case .bfloat16, .float8E4M3, .float8E5M2:
      // Without a tag: HDF5 reads opaque bytes only as a type of the same tag, and numpy's have none.
      return try H5Handle(path, doing) { H5Tcreate(H5T_OPAQUE, dtype.size) }
    default:
      guard let standard = standardTypes.first(where: { $0.dtype == dtype }) else {
        preconditionFailure("\(dtype.rawValue) is a type that HDF5 has")
      }
      return try H5Handle(path, doing) { H5Tcopy(standard.type()) }
    }
  }

  private static let standardTypes: [(dtype: DType, type: @Sendable () -> hid_t)] = [
    (.float32, { zoo_h5_float32() }), (.float64, { zoo_h5_float64() }), (.int8, { zoo_h5_int8() }),
    (.int16, { zoo_h5_int16() }), (.int32, { zoo_h5_int32() }),
    (.int64, { zoo_h5_int64() }), (.uint8, { zoo_h5_uint8() }), (.uint16, { zoo_h5_uint16() }),
    (.uint32, { zoo_h5_uint32() }), (.uint64, { zoo_h5_uint64() }),
  ]
}
