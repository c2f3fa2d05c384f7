import OrderedCollections

/// The versions of modules beside a net (``Snapshot/moduleVersions``), as files hold them.
enum ModuleVersions {
  /// What they are called in native checkpoints and in the text beside flat formats: a JSON object of numbers.
  static let key = NativeLayout.moduleVersions
  /// The attribute of PyTorch's state dicts: module path → `{"version": 1}`.
  static let torchAttribute = "_metadata"
  static let torchVersion = "version"

  /// As JSON; `.null` when there are none.
  static func json(_ versions: OrderedDictionary<String, Int>) -> JSONValue {
    versions.isEmpty ? .null : .object(versions.mapValues { .integer($0) })
  }

  /// What ``json(_:)`` gave; `nil` for anything else.
  static func read(_ json: JSONValue) -> OrderedDictionary<String, Int>? {
    if json == .null { return [:] }
    guard let members = json.object else { return nil }
    let versions = members.compactMapValues(\.integer)
    return versions.count == members.count ? versions : nil
  }

  /// How much of this is read from one file, which may name the same text or dictionary again and again.
  struct Budget {
    private var byteCount = 64 << 20

    /// Takes so many bytes; `false` when they are not left.
    mutating func take(_ count: Int) -> Bool {
      byteCount -= count
      return byteCount >= 0
    }
  }

  /// The versions in the state of a dictionary that a pickle makes; `nil` when it has none, or something else there.
  static func read(
    stateOf call: PickleGraph.Call, in graph: PickleGraph, _ budget: inout Budget
  ) -> OrderedDictionary<String, Int>? {
    guard let state = call.state, let attributes = pairs(state, in: graph, &budget) else { return nil }
    let metadata = attributes.prefix(16).first { graph.text($0.key) == torchAttribute }
    guard let metadata, let modules = pairs(metadata.value, in: graph, &budget) else { return nil }
    var versions: OrderedDictionary<String, Int> = [:]
    for module in modules {
      guard let path = graph.text(module.key), budget.take(path.utf8.count) else { return nil }
      let members = pairs(module.value, in: graph, &budget)?.prefix(16)
      let version = members?.first { graph.text($0.key) == torchVersion }
      if let version, let number = graph.integer(version.value) { versions[path] = number }
    }
    return versions.isEmpty ? nil : versions
  }

  /// The entries of a dictionary.
  private static func pairs(
    _ index: PickleGraph.Index, in graph: PickleGraph, _ budget: inout Budget
  ) -> [(key: PickleGraph.Index, value: PickleGraph.Index)]? {
    let items: [PickleGraph.Index]
    if case .dictionary = graph[index].content {
      items = graph[index].items
    } else if graph.made(index)?.callee.fullName == "collections.OrderedDict", let call = graph.call(index) {
      items = call.pairs
    } else {
      return nil
    }
    guard budget.take(64 + 32 * items.count) else { return nil }
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// The versions after tensors got other names: modules follow their tensors.
  /// - Parameter names: The new name of each tensor that is kept, by its old one.
  static func renamed(
    _ versions: OrderedDictionary<String, Int>, as names: [String: String]
  ) -> OrderedDictionary<String, Int> {
    guard !versions.isEmpty, names.contains(where: { $0.key != $0.value }) else { return versions }
    var modules: [String: String] = [:]
    for (old, new) in names.sorted(by: { $0.key < $1.key }) {
      var (old, new) = (old.split(separator: "."), new.split(separator: "."))
      // The last parts are the same, then those of the modules around, up to where the rule reached.
      while let last = old.last, last == new.last {
        old.removeLast()
        new.removeLast()
        let path = old.joined(separator: ".")
        if modules[path] == nil { modules[path] = new.joined(separator: ".") }
      }
    }
    var renamed: OrderedDictionary<String, Int> = [:]
    for (module, version) in versions {
      if let path = modules[module] { renamed[path] = version }
    }
    return renamed
  }
}
