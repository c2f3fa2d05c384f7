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
    for node in graph.nodes {
      if case .batchNorm2d = node.operation { normalizations.insert(node.name) }
      var parent = ""
      for part in node.name.split(separator: ".") {
        let path = parent.isEmpty ? String(part) : "\(parent).\(part)"
        if known.insert(path).inserted { children[parent, default: []].append(path) }
        parent = path
      }
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
