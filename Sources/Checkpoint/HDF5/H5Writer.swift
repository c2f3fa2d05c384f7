import CHDF5
import OrderedCollections
import Tensors

/// An HDF5 file in the making: groups, attributes, and datasets whose room is allocated and whose bytes others write.
///
/// The file is put together in a ``ScratchFile``: the library never sees a full disk.
///
/// Datasets lie in one piece; those of 64 KiB and more begin at a multiple of 4096, so that they can be mapped into memory
/// page by page. Nothing depends on the time or the machine: the same contents make the same file.
struct H5Writer: ~Copyable {
  /// The file that is meant, for errors.
  let path: String
  private let scratch: ScratchFile
  private let handle: H5Handle

  /// Begins a file.
  init(for path: String) throws {
    let scratch = try ScratchFile()
    let name = scratch.path
    let access = try H5Handle.properties(path) { zoo_h5_file_access() }
    let id = access.id
    _ = try HDF5.call(path, "set up the file") { zoo_h5_set_version_bounds(id) }
    // The usual driver asks for the real name of what it opens, and the scratch file has none.
    _ = try HDF5.call(path, "set up the file") { H5Pset_fapl_stdio(id) }
    _ = try HDF5.call(path, "set up the file") { H5Pset_alignment(id, 64 << 10, 4096) }
    _ = try HDF5.call(path, "set up the file") { zoo_h5_disable_locking(id) }
    let creation = try H5Handle.properties(path) { zoo_h5_file_creation() }
    try Self.keepOrder(creation, path)
    handle = try H5Handle(path, "create the file") { H5Fcreate(name, zoo_h5_truncate(), creation.id, id) }
    self.scratch = scratch
    self.path = path
  }

  /// Adds a group; its parent must be there. The root, which is, only gets its attributes.
  func add(group place: [String], attributes: Attributes) throws {
    let object = H5Entry<Never>.description(of: place)
    guard let name = place.last else {
      let root = try open(group: [])
      return try H5AttributeWriter(path: path, object: object, id: root.id).create(attributes)
    }
    let parent = try open(group: place.dropLast())
    let link = try linkProperties()
    let creation = try H5Handle.properties(path) { zoo_h5_group_creation() }
    try Self.keepOrder(creation, path)
    let group = try H5Handle(path, "create \(object)") {
      H5Gcreate2(parent.id, name, link.id, creation.id, zoo_h5_default())
    }
    try H5AttributeWriter(path: path, object: object, id: group.id).create(attributes)
  }

  /// Adds a dataset; its parent must be there.
  /// - Returns: Where in the file its bytes belong; `nil` when it has none.
  func add(
    dataset place: [String], dtype: DType, shape: Shape, attributes: Attributes
  ) throws -> Int? {
    let object = H5Entry<Never>.description(of: place)
    guard let name = place.last else { preconditionFailure("the root is no dataset") }
    let parent = try open(group: place.dropLast())
    let link = try linkProperties()
    let type = try H5ElementType.make(dtype, path: path)
    let space = try space(shape, object)
    let creation = try H5Handle.properties(path) { zoo_h5_dataset_creation() }
    let id = creation.id
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_layout(id, H5D_CONTIGUOUS) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_alloc_time(id, H5D_ALLOC_TIME_EARLY) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_fill_time(id, H5D_FILL_TIME_NEVER) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_obj_track_times(id, false) }
    let dataset = try H5Handle(path, "create \(object)") {
      H5Dcreate2(parent.id, name, type.id, space.id, link.id, id, zoo_h5_default())
    }
    try H5AttributeWriter(path: path, object: object, id: dataset.id).create(attributes)
    guard shape.count > 0 else { return nil }
    var address: haddr_t = 0
    HDF5.attempt { address = H5Dget_offset(dataset.id) }
    guard zoo_h5_is_undefined(address) == 0, let offset = Int(exactly: address) else {
      throw CheckpointError(.system, path: path, "cannot find room for \(object): HDF5 allocated none")
    }
    return offset
  }

  /// Replaces the text of an attribute by another one of the same length.
  func replace(attribute name: String, of place: [String], with text: String) throws {
    let object = H5Entry<Never>.description(of: place)
    let (file, target) = (handle.id, "/" + place.joined(separator: "/"))
    let handle = try H5Handle(path, "open \(object)") { H5Oopen(file, target, zoo_h5_default()) }
    try H5AttributeWriter(path: path, object: object, id: handle.id).replace(name, with: text)
  }

  /// The bytes that the file will have.
  func size() throws -> Int {
    var size: hsize_t = 0
    let id = handle.id
    _ = try HDF5.call(path, "find the size of the file") { H5Fget_filesize(id, &size) }
    return Int(clamping: size)
  }

  /// Closes the file, and gives it away complete but for the bytes of the datasets.
  consuming func close() throws -> ScratchFile {
    let (path, scratch) = (path, scratch)
    try handle.closeFile(path)
    return scratch
  }

  private func open(group place: some Sequence<String>) throws -> H5Handle {
    let (file, target) = (handle.id, "/" + place.joined(separator: "/"))
    return try H5Handle(path, "open \(target.terminalEscaped)") { H5Gopen2(file, target, zoo_h5_default()) }
  }

  private func space(_ shape: Shape, _ object: String) throws -> H5Handle {
    guard shape.rank > 0 else { return try H5Handle(path, "set up \(object)") { H5Screate(H5S_SCALAR) } }
    let extents = shape.dimensions.map { hsize_t($0) }
    return try H5Handle(path, "set up \(object)") { H5Screate_simple(Int32(shape.rank), extents, nil) }
  }

  private func linkProperties() throws -> H5Handle {
    let list = try H5Handle.properties(path) { zoo_h5_link_creation() }
    let id = list.id
    _ = try HDF5.call(path, "set up a name") { H5Pset_char_encoding(id, H5T_CSET_UTF8) }
    return list
  }

  /// Groups keep the order in which their members and attributes are made, and no times.
  private static func keepOrder(_ creation: borrowing H5Handle, _ path: String) throws {
    let id = creation.id
    _ = try HDF5.call(path, "set up a group") { H5Pset_link_creation_order(id, zoo_h5_track_order()) }
    _ = try HDF5.call(path, "set up a group") { H5Pset_attr_creation_order(id, zoo_h5_track_order()) }
    _ = try HDF5.call(path, "set up a group") { H5Pset_attr_phase_change(id, 64, 48) }
    _ = try HDF5.call(path, "set up a group") { H5Pset_obj_track_times(id, false) }
  }
}
