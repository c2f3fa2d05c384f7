import CHDF5
import OrderedCollections
import Tensors

/// Writes attributes of one object.
struct H5AttributeWriter {
  /// The file, for errors.
  let path: String
  /// The object that gets the attributes, for errors: `/net`.
  let object: String
  /// The library's number of that object.
  let id: Int64

  /// Replaces the text of an open attribute by another one of the same length.
  func write(_ text: String, to attribute: borrowing H5Handle) throws {
    let type = try stringType(byteCount: text.utf8.count)
    try write([UInt8](text.utf8), to: attribute, type: type.id, doing: "write a digest of \(object)")
  }

  private func doing(_ name: String) -> String { "write the attribute '\(name.terminalEscaped)' of \(object)" }

  /// Creates an attribute with its value, and leaves it open.
  func create(_ name: String, _ value: AttributeValue) throws -> H5Handle {
    switch value {
    case .null:
      let space = try H5Handle(path, doing(name)) { H5Screate(H5S_NULL) }
      let type = try H5Handle(path, doing(name)) { H5Tcopy(zoo_h5_float64()) }
      return try create(name, type: type, space: space)
    case .bool(let value): return try create(name, bools: [value], isScalar: true)
    case .bools(let values): return try create(name, bools: values, isScalar: false)
    case .integer(let value): return try create(name, [value], isScalar: true, zoo_h5_int64())
    case .integers(let values): return try create(name, values, isScalar: false, zoo_h5_int64())
    case .unsigned(let value): return try create(name, [value], isScalar: true, zoo_h5_uint64())
    case .unsigneds(let values): return try create(name, values, isScalar: false, zoo_h5_uint64())
    case .number(let value): return try create(name, [value], isScalar: true, zoo_h5_float64())
    case .numbers(let values): return try create(name, values, isScalar: false, zoo_h5_float64())
    case .string(let value): return try create(name, strings: [value], isScalar: true)
    case .strings(let values): return try create(name, strings: values, isScalar: false)
    }
  }

  private func create<Element: BitwiseCopyable>(
    _ name: String, _ elements: [Element], isScalar: Bool, _ type: hid_t
  ) throws -> H5Handle {
    let type = try H5Handle(path, doing(name)) { H5Tcopy(type) }
    let space = try space(count: elements.count, isScalar: isScalar, doing(name))
    let attribute = try create(name, type: type, space: space)
    try write(elements, to: attribute, type: type.id, doing: doing(name))
    return attribute
  }

  private func create(_ name: String, bools: [Bool], isScalar: Bool) throws -> H5Handle {
    let type = try H5ElementType.make(.bool, path: path)
    let space = try space(count: bools.count, isScalar: isScalar, doing(name))
    let attribute = try create(name, type: type, space: space)
    try write(bools.map { Int8($0 ? 1 : 0) }, to: attribute, type: type.id, doing: doing(name))
    return attribute
  }

  /// Creates a text of variable length, as h5py writes them, and leaves it open.
  func create(_ name: String, variableText text: String) throws -> H5Handle {
    let type = try H5Handle(path, "make a type of text") { H5Tcopy(zoo_h5_string()) }
    // The library's word for variable is the largest size (H5T_VARIABLE).
    _ = try HDF5.call(path, "make a type of text") { H5Tset_size(type.id, -1) }
    _ = try HDF5.call(path, "make a type of text") { H5Tset_cset(type.id, H5T_CSET_UTF8) }
    let space = try space(count: 1, isScalar: true, doing(name))
    let attribute = try create(name, type: type, space: space)
    let (id, typeID) = (attribute.id, type.id)
    try text.withCString { characters in
      var pointer: UnsafePointer<CChar>? = characters
      _ = try HDF5.call(path, doing(name)) { H5Awrite(id, typeID, &pointer) }
    }
    return attribute
  }

  /// Strings take the bytes of the longest, filled up with zeros.
  private func create(_ name: String, strings: [String], isScalar: Bool) throws -> H5Handle {
    guard strings.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw CheckpointError(.invalid, path: path, "cannot \(doing(name)): a text holds a NUL character")
    }
    let width = max(1, strings.map(\.utf8.count).max() ?? 1)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(width * strings.count)
    for string in strings {
      bytes += string.utf8
      bytes += [UInt8](repeating: 0, count: width - string.utf8.count)
    }
    let type = try stringType(byteCount: width)
    let space = try space(count: strings.count, isScalar: isScalar, doing(name))
    let attribute = try create(name, type: type, space: space)
    try write(bytes, to: attribute, type: type.id, doing: doing(name))
    return attribute
  }

  private func stringType(byteCount: Int) throws -> H5Handle {
    let type = try H5Handle(path, "make a type of text") { H5Tcopy(zoo_h5_string()) }
    _ = try HDF5.call(path, "make a type of text") { H5Tset_size(type.id, max(1, byteCount)) }
    _ = try HDF5.call(path, "make a type of text") { H5Tset_strpad(type.id, H5T_STR_NULLPAD) }
    _ = try HDF5.call(path, "make a type of text") { H5Tset_cset(type.id, H5T_CSET_UTF8) }
    return type
  }

  private func space(count: Int, isScalar: Bool, _ doing: String) throws -> H5Handle {
    if isScalar { return try H5Handle(path, doing) { H5Screate(H5S_SCALAR) } }
    var extent = hsize_t(count)
    return try H5Handle(path, doing) { H5Screate_simple(1, &extent, nil) }
  }

  private func create(_ name: String, type: borrowing H5Handle, space: borrowing H5Handle) throws -> H5Handle {
    let (typeID, spaceID) = (type.id, space.id)
    let creation = try H5Handle.properties(path) { zoo_h5_attribute_creation() }
    _ = try HDF5.call(path, doing(name)) { H5Pset_char_encoding(creation.id, H5T_CSET_UTF8) }
    return try H5Handle(path, doing(name)) { H5Acreate2(id, name, typeID, spaceID, creation.id, zoo_h5_default()) }
  }

  private func write<Element: BitwiseCopyable>(
    _ elements: [Element], to attribute: borrowing H5Handle, type: hid_t, doing: String
  ) throws {
    guard !elements.isEmpty else { return }
    let attributeID = attribute.id
    _ = try elements.withUnsafeBytes { bytes in
      try HDF5.call(path, doing) { H5Awrite(attributeID, type, bytes.baseAddress) }
    }
  }
}
