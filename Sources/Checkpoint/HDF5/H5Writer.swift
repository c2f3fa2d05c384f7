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
  private let file: H5Handle
  private let groups: H5Handle
  private let datasets: H5Handle
  private let names: H5Handle
  /// The group to which something was added last; most often it is the next one's too.
  private var parent: OpenGroup?
  /// The digests to be filled in, by the description of their object.
  private var digests: [String: OpenAttribute] = [:]
  /// The datasets of chunks, by their description; they stay open.
  private var chunked: [String: OpenDataset] = [:]
  /// Attributes that are texts of variable length: what Keras compares with a text of Python must be one.
  private let variableTexts: Set<String>

  /// A group that stays open.
  private final class OpenGroup {
    let place: [String]
    let handle: H5Handle

    init(_ place: [String], _ handle: consuming H5Handle) {
      self.place = place
      self.handle = handle
    }
  }

  /// An attribute that stays open.
  private final class OpenAttribute {
    let handle: H5Handle

    init(_ handle: consuming H5Handle) { self.handle = handle }
  }

  /// A dataset that stays open.
  private final class OpenDataset {
    let handle: H5Handle

    init(_ handle: consuming H5Handle) { self.handle = handle }
  }

  /// Begins a file.
  init(for path: String, variableTexts: Set<String> = []) throws {
    self.variableTexts = variableTexts
    let scratch = try ScratchFile()
    let name = scratch.path
    let access = try H5Handle.properties(path) { zoo_h5_file_access() }
    let id = access.id
    _ = try HDF5.call(path, "set up the file") { zoo_h5_set_version_bounds(id) }
    // The usual driver asks for the real name of what it opens, and the scratch file has none.
    _ = try HDF5.call(path, "set up the file") { H5Pset_fapl_stdio(id) }
    _ = try HDF5.call(path, "set up the file") { H5Pset_alignment(id, 64 << 10, 4096) }
    let creation = try H5Handle.properties(path) { zoo_h5_file_creation() }
    try Self.keepOrder(creation, path)
    let groups = try H5Handle.properties(path) { zoo_h5_group_creation() }
    try Self.keepOrder(groups, path)
    let datasets = try Self.datasetProperties(path)
    let names = try H5Handle.properties(path) { zoo_h5_link_creation() }
    _ = try HDF5.call(path, "set up a name") { H5Pset_char_encoding(names.id, H5T_CSET_UTF8) }
    file = try H5Handle(path, "create the file") { H5Fcreate(name, zoo_h5_truncate(), creation.id, id) }
    self.groups = groups
    self.datasets = datasets
    self.names = names
    self.scratch = scratch
    self.path = path
  }

  /// Adds a group; its parent must be there. The root, which is, only gets its attributes.
  mutating func add(group place: [String], attributes: Attributes) throws {
    guard let name = place.last else {
      let root = try open(group: [])
      return try write(attributes, to: root.handle.id, H5Entry<Never>.description(of: place))
    }
    let object = H5Entry<Never>.description(of: place)
    let parent = try open(group: place.dropLast())
    let (link, creation) = (names.id, groups.id)
    let group = try H5Handle(path, "create \(object)") {
      H5Gcreate2(parent.handle.id, name, link, creation, zoo_h5_default())
    }
    try write(attributes, to: group.id, object)
  }

  /// Adds a dataset; its parent must be there.
  /// - Returns: Where in the file its bytes belong; `nil` when it has none.
  mutating func add(dataset place: [String], dtype: DType, shape: Shape, attributes: Attributes) throws -> Int? {
    let object = H5Entry<Never>.description(of: place)
    guard let name = place.last else { preconditionFailure("the root is no dataset") }
    let parent = try open(group: place.dropLast())
    let type = try H5ElementType.make(dtype, path: path)
    let space = try space(shape, object)
    let (link, creation) = (names.id, datasets.id)
    let dataset = try H5Handle(path, "create \(object)") {
      H5Dcreate2(parent.handle.id, name, type.id, space.id, link, creation, zoo_h5_default())
    }
    try write(attributes, to: dataset.id, object)
    guard shape.count > 0 else { return nil }
    var address: haddr_t = 0
    HDF5.attempt { address = H5Dget_offset(dataset.id) }
    guard zoo_h5_is_undefined(address) == 0, let offset = Int(exactly: address) else {
      throw CheckpointError(.system, path: path, "cannot find room for \(object): HDF5 allocated none")
    }
    return offset
  }

  /// Adds a dataset of compressed chunks, which are written one by one; its parent must be there.
  /// - Parameter level: What the file says of how hard they are compressed.
  mutating func add(
    chunked place: [String], dtype: DType, shape: Shape, chunk: [Int], level: Int, attributes: Attributes
  ) throws {
    let object = H5Entry<Never>.description(of: place)
    guard let name = place.last else { preconditionFailure("the root is no dataset") }
    let parent = try open(group: place.dropLast())
    let type = try H5ElementType.make(dtype, path: path)
    let space = try space(shape, object)
    let properties = try H5Handle.properties(path) { zoo_h5_dataset_creation() }
    let (link, id) = (names.id, properties.id)
    let extents = chunk.map { hsize_t($0) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_chunk(id, Int32(chunk.count), extents) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_shuffle(id) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_deflate(id, UInt32(level)) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_fill_time(id, H5D_FILL_TIME_NEVER) }
    _ = try HDF5.call(path, "set up \(object)") { H5Pset_obj_track_times(id, false) }
    let dataset = try H5Handle(path, "create \(object)") {
      H5Dcreate2(parent.handle.id, name, type.id, space.id, link, id, zoo_h5_default())
    }
    try write(attributes, to: dataset.id, object)
    chunked[object] = OpenDataset(dataset)
  }

  /// Writes one chunk into the scratch file, out of which ``release(_:)`` may take it again.
  /// - Parameter skippedFilters: A bit for each filter that was left out.
  /// - Returns: Where in the file its bytes belong.
  func write(
    chunk bytes: UnsafeRawBufferPointer, skippedFilters: UInt32, at origin: [Int], of place: [String]
  ) throws -> Int {
    let object = H5Entry<Never>.description(of: place)
    guard let dataset = chunked[object] else { preconditionFailure("\(object) was added in chunks") }
    let offset = origin.map { hsize_t($0) }
    let id = dataset.handle.id
    _ = try HDF5.call(path, "write a chunk of \(object)") {
      H5Dwrite_chunk(id, zoo_h5_default(), skippedFilters, offset, bytes.count, bytes.baseAddress)
    }
    var (mask, address, size) = (UInt32(0), haddr_t(0), hsize_t(0))
    _ = try HDF5.call(path, "find a chunk of \(object)") {
      H5Dget_chunk_info_by_coord(id, offset, &mask, &address, &size)
    }
    guard zoo_h5_is_undefined(address) == 0, Int(size) == bytes.count, let place = Int(exactly: address) else {
      throw CheckpointError(.system, path: path, "cannot find room for a chunk of \(object): HDF5 allocated none")
    }
    return place
  }

  /// Lets the scratch file forget bytes that were written to where they belong.
  func release(_ range: Range<Int>) { scratch.release(range) }

  /// Fills in the digest of an object that was added with a placeholder.
  func set(digest: String, of place: [String]) throws {
    let object = H5Entry<Never>.description(of: place)
    guard let attribute = digests[object] else { preconditionFailure("\(object) was added with a placeholder") }
    try H5AttributeWriter(path: path, object: object, id: file.id).write(digest, to: attribute.handle)
  }

  /// The bytes that the file will have.
  func size() throws -> Int {
    var size: hsize_t = 0
    let id = file.id
    _ = try HDF5.call(path, "find the size of the file") { H5Fget_filesize(id, &size) }
    return Int(clamping: size)
  }

  /// Closes the file, and gives it away complete but for the bytes of the datasets.
  consuming func close() throws -> ScratchFile {
    // HDF5 writes a file only when nothing in it is open any more.
    parent = nil
    digests = [:]
    chunked = [:]
    let (path, scratch) = (path, scratch)
    try file.closeFile(path)
    return scratch
  }

  private mutating func open(group place: [String]) throws -> OpenGroup {
    if let parent, parent.place == place { return parent }
    let (file, target) = (file.id, "/" + place.joined(separator: "/"))
    let group = OpenGroup(
      place, try H5Handle(path, "open \(target.terminalEscaped)") { H5Gopen2(file, target, zoo_h5_default()) })
    parent = group
    return group
  }

  /// Writes the attributes of an object; its digest stays open, to be filled in.
  private mutating func write(_ attributes: Attributes, to id: Int64, _ object: String) throws {
    let writer = H5AttributeWriter(path: path, object: object, id: id)
    for (name, value) in attributes {
      if variableTexts.contains(name), let text = value.string {
        _ = try writer.create(name, variableText: text)
        continue
      }
      let attribute = try writer.create(name, value)
      if name == DigestAttribute.tensor || name == DigestAttribute.metadata {
        digests[object] = OpenAttribute(attribute)
      }
    }
  }

  private func space(_ shape: Shape, _ object: String) throws -> H5Handle {
    guard shape.rank > 0 else { return try H5Handle(path, "set up \(object)") { H5Screate(H5S_SCALAR) } }
    let extents = shape.dimensions.map { hsize_t($0) }
    return try H5Handle(path, "set up \(object)") { H5Screate_simple(Int32(shape.rank), extents, nil) }
  }

  private static func datasetProperties(_ path: String) throws -> H5Handle {
    let list = try H5Handle.properties(path) { zoo_h5_dataset_creation() }
    let id = list.id
    _ = try HDF5.call(path, "set up a dataset") { H5Pset_layout(id, H5D_CONTIGUOUS) }
    _ = try HDF5.call(path, "set up a dataset") { H5Pset_alloc_time(id, H5D_ALLOC_TIME_EARLY) }
    _ = try HDF5.call(path, "set up a dataset") { H5Pset_fill_time(id, H5D_FILL_TIME_NEVER) }
    _ = try HDF5.call(path, "set up a dataset") { H5Pset_obj_track_times(id, false) }
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
