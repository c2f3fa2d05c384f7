import CHDF5
import OrderedCollections
import Tensors

/// One pass over the groups and datasets of a file.
struct H5Walk {
  let path: String
  let fileSize: Int
  private(set) var entries: [H5Entry<StoredTensor>] = []
  private var datasetCount = 0
  /// The addresses of the objects seen: a second link to one of them could make a circle, or a bomb.
  private var seen: [UInt64: String] = [:]

  init(path: String, fileSize: Int) {
    self.path = path
    self.fileSize = fileSize
  }

  /// Visits the root group and everything below.
  mutating func visit(root file: hid_t) throws {
    let root = try H5Handle(path, "open /") { H5Gopen2(file, "/", zoo_h5_default()) }
    try visit(group: root.id, at: [])
  }

  /// Refuses tensors that share bytes: together they could claim far more memory than the file has.
  func checkOverlaps() throws {
    let ranges = entries.compactMap { entry in entry.content.flatMap { tensor in tensor.offset.map { ($0, tensor) } } }
    let sorted = ranges.sorted { $0.0 < $1.0 }
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.0 + first.1.byteCount > second.0 {
      let names = [first.1, second.1].map { H5Entry<Never>.description(of: $0.path) }
      throw CheckpointError(.refused, path: path, "\(names[0]) and \(names[1]) lie on the same bytes of the file")
    }
  }

  private mutating func visit(group: hid_t, at place: [String]) throws {
    let object = H5Entry<Never>.description(of: place)
    guard place.count < H5File.deepest else {
      throw CheckpointError(.refused, path: path, "\(object): groups are nested deeper than \(H5File.deepest)")
    }
    try remember(group, object)
    let creation = try H5Handle(path, "open \(object)") { H5Gget_create_plist(group) }
    let attributes = H5AttributeReader(
      path: path, object: object, id: group,
      isOrdered: try isTracked(creation, object) { H5Pget_attr_creation_order($0, &$1) })
    entries.append(H5Entry(path: place, attributes: try attributes.all(), content: nil))
    let isOrdered = try isTracked(creation, object) { H5Pget_link_creation_order($0, &$1) }
    for name in try links(of: group, object, isOrdered: isOrdered) {
      try visit(link: name, of: group, at: place + [name])
    }
  }

  private mutating func visit(link name: String, of group: hid_t, at place: [String]) throws {
    let object = H5Entry<Never>.description(of: place)
    let handle = try H5Handle(path, "open \(object)") { H5Oopen(group, name, zoo_h5_default()) }
    switch try HDF5.call(path, "open \(object)", { H5Iget_type(handle.id).rawValue }) {
    case H5I_GROUP.rawValue: try visit(group: handle.id, at: place)
    case H5I_DATASET.rawValue:
      try remember(handle.id, object)
      entries.append(try dataset(handle.id, at: place))
      datasetCount += 1
    default:
      throw CheckpointError(.unsupported, path: path, "\(object) is neither a group nor a dataset")
    }
  }

  private mutating func remember(_ id: hid_t, _ object: String) throws {
    var address: UInt64 = 0
    _ = try HDF5.call(path, "open \(object)") { zoo_h5_object_address(id, &address) }
    if let other = seen.updateValue(object, forKey: address) {
      throw CheckpointError(.refused, path: path, "\(object) is another name for \(other); each may have only one")
    }
  }

  private func isTracked(
    _ creation: borrowing H5Handle, _ object: String, _ ask: (hid_t, inout UInt32) -> herr_t
  ) throws -> Bool {
    var flags: UInt32 = 0
    let id = creation.id
    _ = try HDF5.call(path, "open \(object)") { ask(id, &flags) }
    return flags & zoo_h5_track_order() == zoo_h5_track_order()
  }

  /// The names in a group; anything but a hard link is refused.
  private func links(of group: hid_t, _ object: String, isOrdered: Bool) throws -> [String] {
    var links: [(name: String?, type: Int32)] = []
    _ = try withUnsafeMutablePointer(to: &links) { pointer in
      try HDF5.call(path, "list \(object)") {
        zoo_h5_links(
          group, isOrdered ? 1 : 0,
          { name, type, context in
            guard let name, let context else { return }
            let links = context.assumingMemoryBound(to: [(name: String?, type: Int32)].self)
            links.pointee.append((String(validatingCString: name), type))
          }, pointer)
      }
    }
    return try links.map { link in
      guard let name = link.name else {
        throw CheckpointError(.corrupt, path: path, "\(object) holds a name that is not UTF-8")
      }
      guard link.type == H5L_TYPE_HARD.rawValue else {
        let kind = link.type == H5L_TYPE_EXTERNAL.rawValue ? "a link to another file" : "a symbolic link"
        throw CheckpointError(
          .refused, path: path, "'\(name.terminalEscaped)' in \(object) is \(kind); links are not followed")
      }
      return name
    }
  }

  private func dataset(_ id: hid_t, at place: [String]) throws -> H5Entry<StoredTensor> {
    let reader = H5DatasetReader(path: path, fileSize: fileSize, place: place, id: id)
    // The layout comes first: asking a virtual dataset for its extents would open other files.
    try reader.checkLayout()
    let attributes = try H5AttributeReader(
      path: path, object: reader.object, id: id, isOrdered: false
    ).all()
    return H5Entry(path: place, attributes: attributes, content: try reader.tensor(attributes, index: datasetCount))
  }
}
