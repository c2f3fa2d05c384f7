import CHDF5
import OrderedCollections
import Tensors

/// Reads the attributes of one object, of a file that nobody has vouched for.
struct H5AttributeReader {
  /// The most bytes that one attribute may have.
  static let largest = 64 << 20

  /// The file, for errors.
  let path: String
  /// The object that has the attributes, for errors: `/net`.
  let object: String
  /// The library's number of that object.
  let id: Int64
  /// Whether the order of creation is on file; otherwise the order is that of the names.
  let isOrdered: Bool

  /// All attributes.
  func all() throws -> Attributes {
    var attributes: Attributes = [:]
    for name in try names() { attributes[name] = try value(name) }
    return attributes
  }

  private func names() throws -> [String] {
    var names: [String?] = []
    _ = try withUnsafeMutablePointer(to: &names) { pointer in
      try HDF5.call(path, "list the attributes of \(object)") {
        zoo_h5_attributes(
          id, isOrdered ? 1 : 0,
          { name, context in
            guard let name, let context else { return }
            context.assumingMemoryBound(to: [String?].self).pointee.append(String(validatingCString: name))
          }, pointer)
      }
    }
    return try names.map { name in
      guard let name else { throw CheckpointError(.corrupt, path: path, "\(object) has a name that is not UTF-8") }
      return name
    }
  }

  /// One attribute.
  func value(_ name: String) throws -> AttributeValue {
    let what = "the attribute '\(name.terminalEscaped)' of \(object)"
    let attribute = try H5Handle(path, "open \(what)") { H5Aopen(id, name, zoo_h5_default()) }
    let space = try H5Handle(path, "open \(what)") { H5Aget_space(attribute.id) }
    let extent = try HDF5.call(path, "read \(what)") { H5Sget_simple_extent_type(space.id).rawValue }
    if extent == H5S_NULL.rawValue { return .null }
    let rank = try HDF5.call(path, "read \(what)") { H5Sget_simple_extent_ndims(space.id) }
    guard rank <= 1 else {
      throw CheckpointError(.unsupported, path: path, "\(what) has \(rank) dimensions; at most 1 is understood")
    }
    let count = try HDF5.call(path, "read \(what)") { H5Sget_simple_extent_npoints(space.id) }
    let type = try H5Handle(path, "open \(what)") { H5Aget_type(attribute.id) }
    let size = try HDF5.call(path, "read \(what)") { H5Tget_size(type.id) }
    let (bytes, overflow) = Int(count).multipliedReportingOverflow(by: max(size, 8))
    guard size > 0, !overflow, bytes <= Self.largest else {
      throw CheckpointError(
        .refused, path: path, "\(what) claims \(count) elements of \(size) bytes; attributes have at most 64 MiB")
    }
    let source = Source(attribute: attribute.id, type: type.id, size: size, count: Int(count), what: what)
    return try values(source, isScalar: rank == 0)
  }

  /// An open attribute whose size has been checked.
  private struct Source {
    let attribute: hid_t
    let type: hid_t
    let size: Int
    let count: Int
    let what: String
  }

  private func values(_ source: Source, isScalar: Bool) throws -> AttributeValue {
    let elementClass = try HDF5.call(path, "read \(source.what)") { H5Tget_class(source.type).rawValue }
    switch elementClass {
    case H5T_STRING.rawValue:
      let strings = try strings(source)
      return isScalar && !strings.isEmpty ? .string(strings[0]) : .strings(strings)
    case H5T_INTEGER.rawValue where source.size <= 8:
      let sign = try HDF5.call(path, "read \(source.what)") { H5Tget_sign(source.type).rawValue }
      if sign == H5T_SGN_NONE.rawValue, source.size == 8 {
        let values: [UInt64] = try elements(source, as: zoo_h5_uint64())
        return isScalar && !values.isEmpty ? .unsigned(values[0]) : .unsigneds(values)
      }
      let values: [Int] = try elements(source, as: zoo_h5_int64())
      return isScalar && !values.isEmpty ? .integer(values[0]) : .integers(values)
    case H5T_FLOAT.rawValue where source.size <= 8:
      let values: [Double] = try elements(source, as: zoo_h5_float64())
      return isScalar && !values.isEmpty ? .number(values[0]) : .numbers(values)
    case H5T_ENUM.rawValue:
      let bool = try H5ElementType.make(.bool, path: path)
      guard try HDF5.call(path, "read \(source.what)", { H5Tequal(source.type, bool.id) }) > 0 else { break }
      let bools = try elements(source, as: bool.id).map { (value: Int8) in value != 0 }
      return isScalar && !bools.isEmpty ? .bool(bools[0]) : .bools(bools)
    default: break
    }
    throw CheckpointError(
      .unsupported, path: path,
      "\(source.what) is neither text nor numbers nor booleans (HDF5 type class \(elementClass))")
  }

  private func elements<Element: BitwiseCopyable>(_ source: Source, as type: hid_t) throws -> [Element] {
    guard source.count > 0 else { return [] }
    return try [Element](unsafeUninitializedCapacity: source.count) { buffer, initialized in
      let start = UnsafeMutableRawPointer(buffer.baseAddress)
      _ = try HDF5.call(path, "read \(source.what)") { H5Aread(source.attribute, type, start) }
      initialized = source.count
    }
  }

  private func strings(_ source: Source) throws -> [String] {
    guard try HDF5.call(path, "read \(source.what)", { H5Tis_variable_str(source.type) }) == 0 else {
      throw CheckpointError(
        .refused, path: path,
        "\(source.what) is a string of variable length; native files have strings of fixed length "
          + "(in h5py: numpy.bytes_), because HDF5 1.10 cannot read others safely")
    }
    guard source.count > 0 else { return [] }
    let bytes = try [UInt8](unsafeUninitializedCapacity: source.count * source.size) { buffer, initialized in
      let start = UnsafeMutableRawPointer(buffer.baseAddress)
      _ = try HDF5.call(path, "read \(source.what)") { H5Aread(source.attribute, source.type, start) }
      initialized = source.count * source.size
    }
    return try (0..<source.count).map { index in
      let text = bytes[index * source.size..<(index + 1) * source.size].prefix { $0 != 0 }
      guard let string = String(validating: text, as: UTF8.self) else {
        throw CheckpointError(.corrupt, path: path, "\(source.what) is not UTF-8")
      }
      return string
    }
  }
}
