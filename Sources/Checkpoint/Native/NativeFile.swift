import OrderedCollections
import Tensors

/// What makes an HDF5 file a native checkpoint.
enum NativeFile {
  /// Refuses HDF5 files of others.
  static func checkFormat(_ file: borrowing H5File) throws {
    let path = file.path
    if let format = try file.rootAttribute(NativeLayout.format) {
      guard format.string == NativeLayout.formatName else {
        throw CheckpointError(
          .unrecognised, path: path,
          "this is an HDF5 file whose format is \(format.json.text()); this build reads '\(NativeLayout.formatName)' only"
        )
      }
    } else if try !file.rootHas(NativeLayout.net) {
      throw CheckpointError(
        .unrecognised, path: path,
        "this is an HDF5 file, but not a native checkpoint: it has neither the attribute 'format' nor a group 'net'; "
          + "this build reads native HDF5 checkpoints only")
    }
  }

  /// Checks the digest over everything but the tensors' bytes. A file without one, as others may write, passes.
  static func checkMetadata(_ entries: [H5Entry<StoredTensor>], path: String) throws {
    guard let root = entries.first, let expected = root.attributes[DigestAttribute.metadata] else { return }
    let found = MetadataDigest.of(entries) { ($0.dtype, $0.shape) }
    guard expected.string == found else {
      throw CheckpointError(
        .corrupt, path: path,
        "the attributes or the list of tensors are not those that were written (digest \(found), expected "
          + "\(expected.json.text())); use another copy of the file")
    }
  }

  /// Describes the file.
  static func contents(_ entries: [H5Entry<StoredTensor>], byteCount: Int, path: String) throws -> FileContents {
    FileContents(
      format: NativeLayout.formatName, producer: entries.first?.attributes[NativeLayout.producer]?.string,
      byteCount: byteCount, tensors: entries.compactMap(\.content), values: try values(entries, path: path))
  }

  /// All attributes but those that guard and name the file, nested as the groups are. Groups without any are left out.
  private static func values(_ entries: [H5Entry<StoredTensor>], path: String) throws -> JSONValue {
    var values: JSONValue = [:]
    let hidden = [NativeLayout.format, NativeLayout.producer, DigestAttribute.metadata]
    for entry in entries where entry.content == nil {
      let root = NativeAttributes(entry.attributes, object: entry.description, path: path)
      for (name, value) in entry.attributes where !(entry.path.isEmpty && hidden.contains(name)) {
        let isJSON = entry.path.isEmpty && NativeLayout.jsonAttributes.contains(name)
        values.set((entry.path + [name]).map { H5Name.unescaped($0) ?? $0 }, isJSON ? try root.json(name) : value.json)
      }
    }
    // Parameter groups are numbered from 0: an array says it better.
    if let groups = values[NativeLayout.optimizer]?[NativeLayout.groups]?.object {
      values[NativeLayout.optimizer]?[NativeLayout.groups] = .array(Array(groups.values))
    }
    return values
  }
}

extension JSONValue {
  /// Sets a member of a member of … of an object.
  fileprivate mutating func set(_ path: [String], _ value: JSONValue) {
    guard let key = path.first else {
      self = value
      return
    }
    var member = self[key] ?? [:]
    member.set(Array(path.dropFirst()), value)
    self[key] = member
  }
}
