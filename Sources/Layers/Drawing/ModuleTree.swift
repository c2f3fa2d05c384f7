/// A module with what is in it, as a drawing frames it: nodes and other modules, in the order of the graph.
struct ModuleTree {
  /// A part of a module.
  enum Item {
    /// An operation, by its place in the graph.
    case node(Int)
    /// A module inside.
    case module(ModuleTree)
  }

  /// `layer1.0`; empty for the network itself.
  let path: String
  private(set) var items: [Item] = []

  /// The last part of the path.
  var title: String { path.split(separator: ".").last.map(String.init) ?? "" }

  private init(path: String) { self.path = path }

  /// The modules of a graph. A node whose name is that of a module with others inside, as the sum of a residual block is,
  /// stands in that module.
  init(_ graph: Graph) {
    var containers: Set<String> = []
    for node in graph.nodes { containers.formUnion(Self.containers(of: node.name)) }
    self.init(path: "")
    for (index, node) in graph.nodes.enumerated() {
      var chain = Self.containers(of: node.name)
      if containers.contains(node.name) { chain.append(node.name) }
      insert(index, in: chain[...])
    }
  }

  /// The paths of the modules around one, outermost first.
  private static func containers(of name: String) -> [String] {
    var paths: [String] = []
    var path = ""
    for part in name.split(separator: ".").dropLast() {
      path += (path.isEmpty ? "" : ".") + part
      paths.append(path)
    }
    return paths
  }

  private mutating func insert(_ node: Int, in chain: ArraySlice<String>) {
    guard let next = chain.first else { return items.append(.node(node)) }
    for (index, item) in items.enumerated() {
      guard case .module(var module) = item, module.path == next else { continue }
      // Let go of the old one, so that it is changed in place.
      items[index] = .node(node)
      module.insert(node, in: chain.dropFirst())
      items[index] = .module(module)
      return
    }
    var module = ModuleTree(path: next)
    module.insert(node, in: chain.dropFirst())
    items.append(.module(module))
  }

  /// Every node that is in the module or deeper.
  var nodes: [Int] {
    items.flatMap { item -> [Int] in
      switch item {
      case .node(let index): [index]
      case .module(let module): module.nodes
      }
    }
  }
}
