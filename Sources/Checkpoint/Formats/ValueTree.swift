import OrderedCollections

/// Values by path, on their way to becoming nested dictionaries.
struct ValueTree {
  private var own: Value?
  private var members: OrderedDictionary<String, ValueTree> = [:]
  private var isList = false

  /// Sets what stands at a path; the dictionaries on the way come into being.
  mutating func set(_ path: ArraySlice<String>, _ value: Value) {
    guard let key = path.first else {
      own = value
      return
    }
    members[key, default: ValueTree()].set(path.dropFirst(), value)
  }

  /// Makes the dictionary at a path, if there is one, a list of its values.
  mutating func makeList(of path: [String]) { makeList(of: path[...]) }

  private mutating func makeList(of path: ArraySlice<String>) {
    guard let key = path.first else {
      isList = true
      return
    }
    guard members[key] != nil else { return }
    members[key]?.makeList(of: path.dropFirst())
  }

  /// The nested dictionaries.
  var value: Value {
    if let own, members.isEmpty { return own }
    if isList { return .list(members.values.map(\.value)) }
    let entries = members.map { Value.Entry(.string($0.key), $0.value.value) }
    // A value that has members of its own, as a text in a file may have attributes.
    return .dictionary((own.map { [Value.Entry("value", $0)] } ?? []) + entries)
  }
}
