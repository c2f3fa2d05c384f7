import OrderedCollections
import Tensors

/// What makes an HDF5 file a native checkpoint.
enum NativeFile {
  /// Whether a file is a native checkpoint: it says so, or says nothing and holds no more than a native one may.
  static func isNative(_ file: borrowing H5File) throws -> Bool {
    if let format = try file.rootAttribute(NativeLayout.format) { return format.string == NativeLayout.formatName }
    return try file.rootHas(NativeLayout.net)
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

  /// All attributes but those that guard and name the file, nested as the groups are. Groups without any are left out.
  static func values(_ entries: [H5Entry<StoredTensor>], path: String) throws -> Value {
    var values = ValueTree()
    let hidden = [NativeLayout.format, NativeLayout.producer, DigestAttribute.metadata]
    for entry in entries where entry.content == nil {
      let root = NativeAttributes(entry.attributes, object: entry.description, path: path)
      for (name, value) in entry.attributes where !(entry.path.isEmpty && hidden.contains(name)) {
        let isJSON = entry.path.isEmpty && NativeLayout.jsonAttributes.contains(name)
        let names = (entry.path + [name]).map { H5Name.unescaped($0) ?? $0 }
        values.set(names[...], isJSON ? Value(try root.json(name)) : value.value)
      }
    }
    // Parameter groups are numbered from 0: a list says it better.
    values.makeList(of: [NativeLayout.optimizer, NativeLayout.groups])
    return values.value
  }
}
