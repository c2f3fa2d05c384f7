import OrderedCollections

/// Texts that a file of another program has beside its tensors, such as safetensors' `__metadata__`: a conversion carries
/// them along among what a snapshot has no place for, as the last entry under a name of their own.
enum ForeignTexts {
  /// Adds texts to a snapshot.
  static func add(_ texts: OrderedDictionary<String, String>, as name: String, to snapshot: inout LazySnapshot) {
    guard !texts.isEmpty else { return }
    let entry = Value.Entry(
      .string(name), .dictionary(texts.map { Value.Entry(.string($0.key), .string($0.value)) }))
    snapshot.others = .dictionary((snapshot.others.entries ?? []) + [entry])
  }

  /// Takes texts out of a snapshot; none when there are none, or something else has the name.
  static func take(_ name: String, from snapshot: inout LazySnapshot) -> OrderedDictionary<String, String> {
    guard var entries = snapshot.others.entries, let last = entries.popLast(), last.key == .string(name),
      let members = last.value.entries, !members.isEmpty
    else { return [:] }
    var texts: OrderedDictionary<String, String> = [:]
    for member in members {
      guard let key = member.key.string, let text = member.value.string, key != SnapshotMetadata.key,
        texts.updateValue(text, forKey: key) == nil
      else { return [:] }
    }
    snapshot.others = entries.isEmpty ? .null : .dictionary(entries)
    return texts
  }
}
