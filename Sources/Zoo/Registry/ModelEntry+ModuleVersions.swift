public import Layers

extension ModelEntry {
  /// The version of each module's part of a state dict, by module path, as PyTorch notes it in `_metadata`: of every
  /// module before those in it. Those of batch normalisation have version 2, all others 1, but for a few
  /// classes of torchvision.
  /// - Parameter graph: A graph of this entry.
  public func moduleVersions(of graph: Graph) -> [(path: String, version: Int)] {
    var children: [String: [String]] = [:]
    var normalizations: Set<String> = []
    var known: Set<String> = [""]
    func add(_ parts: some Sequence<Substring>) {
      var parent = ""
      for part in parts {
        let path = parent.isEmpty ? String(part) : "\(parent).\(part)"
        if known.insert(path).inserted { children[parent, default: []].append(path) }
        parent = path
      }
    }
    for node in graph.nodes {
      if case .batchNorm2d = node.operation { normalizations.insert(node.name) }
      add(node.name.split(separator: "."))
    }
    /// The first parameter that is in a module.
    var first: [String: Int] = [:]
    for (index, parameter) in graph.parameters.enumerated() {
      let parts = parameter.name.split(separator: ".").dropLast()
      add(parts)
      var path = ""
      for part in parts {
        path = path.isEmpty ? String(part) : "\(path).\(part)"
        if first[path] == nil { first[path] = index }
      }
    }
    // Modules stand in the order in which they run, but those with parameters among them in the order of these.
    for (parent, paths) in children {
      let places = paths.indices.filter { first[paths[$0]] != nil }
      let ordered = places.map { paths[$0] }.sorted { (first[$0] ?? 0) < (first[$1] ?? 0) }
      for (place, path) in zip(places, ordered) { children[parent]?[place] = path }
    }
    var versions: [(path: String, version: Int)] = []
    // Modules that are still to come, the next one last.
    var open = [""]
    while let path = open.popLast() {
      versions.append((path, stateDictVersions[path] ?? (normalizations.contains(path) ? 2 : 1)))
      open += (children[path] ?? []).reversed()
    }
    return versions
  }
}
