import OrderedCollections
import Tensors

/// What makes an HDF5 file a native checkpoint.
enum NativeFile {
  /// A tensor of a native file, as it is described and as it stands in the file.
  struct NativeTensor: Sendable {
    let stored: StoredTensor
    let dataset: H5Dataset
  }

  /// Whether a file is a native checkpoint: it says so, or says nothing and its root holds no more than a native one may.
  static func isNative(_ source: H5Source) throws -> Bool {
    let header = try H5ObjectHeader(source, at: try H5Superblock(source).root, object: "/")
    let reader = H5Attribute.Reader(source: source, heap: H5GlobalHeap(source))
    let attributes = try H5Attribute.all(of: header, reader, object: "/")
    if let format = attributes.first(where: { $0.name == NativeLayout.format }) {
      return format.value?.string == NativeLayout.formatName
    }
    let names = try H5Link.all(of: header, source, object: "/")?.map(\.name) ?? []
    return names.contains(NativeLayout.net)
      && names.allSatisfy {
        [NativeLayout.net, NativeLayout.optimizer, NativeLayout.schedule, NativeLayout.others].contains($0)
      }
  }

  /// Everything in a file: the root first, each group before what it holds, in the order of creation.
  static func entries(_ source: H5Source) throws -> [H5Entry<NativeTensor>] {
    var index = 0
    return try H5Survey(source, .strict).objects.map { object in
      let attributes = try attributes(of: object, path: source.path)
      guard case .tensor(let dataset) = object.kind else {
        return H5Entry(path: object.path, attributes: attributes, content: nil)
      }
      let names = try object.path.map { link in
        guard let name = H5Name.unescaped(link) else {
          throw CheckpointError(
            .invalid, path: source.path, "\(object.description): '%' in a name must be written as %25")
        }
        return name
      }
      let stored = StoredTensor(
        index: index, path: names,
        name: names.count == 2 && names[0] == NativeLayout.net ? names[1] : names.joined(separator: "."),
        dtype: dataset.dtype, shape: dataset.shape, offset: dataset.offset,
        digest: try digest(attributes, of: object, path: source.path))
      index += 1
      return H5Entry(
        path: object.path, attributes: attributes, content: NativeTensor(stored: stored, dataset: dataset))
    }
  }

  private static func attributes(of object: H5Survey.Object, path: String) throws -> Attributes {
    var attributes: Attributes = [:]
    for attribute in object.attributes {
      let what = "the attribute '\(attribute.name.terminalEscaped)' of \(object.description)"
      switch attribute.content {
      case .value(let value): attributes[attribute.name] = value
      case .array(_, let extents):
        throw CheckpointError(
          .unsupported, path: path, "\(what) has \(extents.count) dimensions; at most 1 is understood")
      case .unread(let kind):
        throw CheckpointError(
          .unsupported, path: path, "\(what) is neither text nor numbers nor booleans (\(kind.terminalEscaped))")
      }
    }
    return attributes
  }

  private static func digest(_ attributes: Attributes, of object: H5Survey.Object, path: String) throws -> String? {
    guard let value = attributes[DigestAttribute.tensor] else { return nil }
    guard let digest = value.string, Digest.isKnown(digest) else {
      throw CheckpointError(
        .unsupported, path: path,
        "the digest of \(object.description) is not of the form 'xxh3-128:' and 32 hexadecimal digits; it cannot be checked"
      )
    }
    return digest
  }

  /// Checks the digest over everything but the tensors' bytes. A file without one, as others may write, passes.
  static func checkMetadata(_ entries: [H5Entry<NativeTensor>], path: String) throws {
    guard let root = entries.first, let expected = root.attributes[DigestAttribute.metadata] else { return }
    let found = MetadataDigest.of(entries) { ($0.stored.dtype, $0.stored.shape) }
    guard expected.string == found else {
      throw CheckpointError(
        .corrupt, path: path,
        "the attributes or the list of tensors are not those that were written (digest \(found), expected "
          + "\(expected.json.text())); use another copy of the file")
    }
  }

  /// All attributes but those that guard and name the file, nested as the groups are. Groups without any are left out.
  static func values(_ entries: [H5Entry<NativeTensor>], path: String) throws -> Value {
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
