import OrderedCollections
import Tensors

/// The digest over everything in a file but the tensors' bytes: which groups and tensors there are, and all attributes.
///
/// HDF5 guards its own structures with checksums, except attributes that are too large for an object header; and it
/// cannot notice a tensor that is missing altogether.
///
/// What is digested, for each group and dataset in the order of the file, root first: the path (`/net/a`) and NUL. For a
/// dataset then its element type and NUL, its rank and extents, its digest and NUL. Then each attribute in the order of
/// the bytes of its name, but the two digests themselves: its name and NUL, a letter for its type (`n` null, `b` bool,
/// `i` integer, `u` unsigned, `d` number, `s` text; a capital for an array) and its value: an array's count and elements;
/// integers in 8 bytes, doubles in 8, booleans in 1, a text its count of bytes and its bytes. Counts, ranks and extents
/// are 8 bytes. All are little-endian.
enum MetadataDigest {
  /// The digest of entries whose content gives (element type, shape).
  static func of<Content>(_ entries: [H5Entry<Content>], _ type: (Content) -> (DType, Shape)) -> String {
    Digest.of { digest in
      for entry in entries {
        var bytes: [UInt8] = []
        bytes.add(terminated: "/" + entry.path.joined(separator: "/"))
        if let content = entry.content {
          let (dtype, shape) = type(content)
          bytes.add(terminated: dtype.rawValue)
          bytes.add(UInt64(shape.rank))
          for extent in shape.dimensions { bytes.add(UInt64(extent)) }
          bytes.add(terminated: entry.attributes[DigestAttribute.tensor]?.string ?? "")
        }
        let names = entry.attributes.keys.filter { $0 != DigestAttribute.tensor && $0 != DigestAttribute.metadata }
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
          bytes.add(terminated: name)
          if let value = entry.attributes[name] { bytes.add(value) }
        }
        bytes.withUnsafeBytes { digest.update($0) }
      }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func add(terminated text: String) {
    self += text.utf8
    append(0)
  }

  fileprivate mutating func add(_ word: UInt64) {
    Swift.withUnsafeBytes(of: word.littleEndian) { self += $0 }
  }

  fileprivate mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    self += text.utf8
  }

  fileprivate mutating func add<Value>(
    _ letter: Unicode.Scalar, _ elements: [Value], each: (inout [UInt8], Value) -> Void
  ) {
    append(UInt8(ascii: letter))
    add(UInt64(elements.count))
    for element in elements { each(&self, element) }
  }

  fileprivate mutating func add(_ value: AttributeValue) {
    switch value {
    case .null: append(UInt8(ascii: "n"))
    case .bool(let value): self += [UInt8(ascii: "b"), value ? 1 : 0]
    case .integer(let value):
      append(UInt8(ascii: "i"))
      add(UInt64(bitPattern: Int64(value)))
    case .unsigned(let value):
      append(UInt8(ascii: "u"))
      add(value)
    case .number(let value):
      append(UInt8(ascii: "d"))
      add(value.bitPattern)
    case .string(let value):
      append(UInt8(ascii: "s"))
      add(value)
    case .bools(let values): add("B", values) { $0.append($1 ? 1 : 0) }
    case .integers(let values): add("I", values) { $0.add(UInt64(bitPattern: Int64($1))) }
    case .unsigneds(let values): add("U", values) { $0.add($1) }
    case .numbers(let values): add("D", values) { $0.add($1.bitPattern) }
    case .strings(let values): add("S", values) { $0.add($1) }
    }
  }
}
