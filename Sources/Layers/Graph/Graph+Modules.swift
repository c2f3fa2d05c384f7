extension Graph {
  /// The paths of all modules in the order of the graph, each before those inside: `layer1`, `layer1.0`, `layer1.0.conv1`.
  public var modulePaths: [String] {
    var paths: [String] = []
    var known: Set<String> = []
    for node in nodes {
      var path = ""
      for part in node.name.split(separator: ".") {
        path += (path.isEmpty ? "" : ".") + part
        if known.insert(path).inserted { paths.append(path) }
      }
    }
    return paths
  }

  /// What a module gives: the value that leaves it, and the last one of those of a module that is used more than once.
  ///
  /// As for a hook on PyTorch's module, that of a residual block comes after its ReLU.
  /// - Parameter path: One of ``modulePaths``.
  /// - Returns: `nil` when there is no such module.
  public func value(ofModule path: String) -> Value? {
    let inside = nodes.indices.filter { nodes[$0].name == path || nodes[$0].name.hasPrefix(path + ".") }
    guard let last = inside.last else { return nil }
    let own = Set(inside)
    var leaving: Set<Value> = [output]
    leaving.formUnion(auxiliaries.map(\.value))
    for (index, node) in nodes.enumerated() where !own.contains(index) { leaving.formUnion(node.inputs) }
    return (inside.last { leaving.contains(nodes[$0].output) }).map { nodes[$0].output } ?? nodes[last].output
  }
}
