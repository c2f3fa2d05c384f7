/// A module with everything in it in its place, in pixels from its upper left corner; modules inside are laid out first
/// and are then boxes like the others, so no frame overlaps another.
struct ModuleLayout {
  /// What a box is.
  enum Content: Hashable {
    case node(Int)
    case input
    /// By its place in ``GraphDrawing/results``.
    case result(Int)
  }

  struct Box {
    let content: Content
    var frame: Frame
  }

  /// A rectangle with a title.
  struct Frame {
    var x, y: Double
    let width, height: Double
    var path = ""
    var title = ""
  }

  /// A piece of a wire, from top to bottom: straight where two points have one x, and a curve elsewhere.
  struct Wire {
    var points: [(x: Double, y: Double)]
    /// Whether it ends at a box.
    let hasArrow: Bool
  }

  private(set) var width = 0.0
  private(set) var height = 0.0
  private(set) var frames: [Frame] = []
  private(set) var boxes: [Box] = []
  private(set) var wires: [Wire] = []
  /// Where values enter at the top and leave at the bottom, by the value.
  private var entries: [Int: Double] = [:]
  private var exits: [Int: Double] = [:]

  private static let padding = 12.0
  private static let header = 20.0
  private static let gap = 24.0

  /// Everything of a drawing.
  init(_ drawing: GraphDrawing) {
    self.init(ModuleTree(drawing.graph), Scene(drawing), isRoot: true)
  }

  /// What holds for all modules of a drawing.
  private struct Scene {
    let graph: Graph
    let results: [Graph.Value]
    let sizes: [Content: (width: Double, height: Double)]
    /// The nodes that take each value.
    var takers: [Int: [Int]] = [:]

    init(_ drawing: GraphDrawing) {
      graph = drawing.graph
      results = drawing.results.map(\.value)
      for (index, node) in graph.nodes.enumerated() {
        for input in Set(node.inputs) { takers[input.index, default: []].append(index) }
      }
      var sizes: [Content: (width: Double, height: Double)] = [.input: drawing.size(of: .input)]
      for index in graph.nodes.indices { sizes[.node(index)] = drawing.size(of: .node(index)) }
      for index in results.indices { sizes[.result(index)] = drawing.size(of: .result(index)) }
      self.sizes = sizes
    }
  }

  /// A part of the module: its size, the values that it gives and takes, and where on its edges.
  private struct Part {
    var content: Content?
    var layout: ModuleLayout?
    let width: Double
    let height: Double
    var title = ""
    var path = ""
    var nodes: Set<Int> = []

    func exit(of value: Int) -> Double { layout.map { ($0.exits[value] ?? $0.width / 2) - $0.width / 2 } ?? 0 }
    func entry(of value: Int) -> Double { layout.map { ($0.entries[value] ?? $0.width / 2) - $0.width / 2 } ?? 0 }
  }

  private init(_ module: ModuleTree, _ scene: Scene, isRoot: Bool) {
    let (items, ranks) = Self.ranked(module.items, scene.graph)
    var parts = items.map { item -> Part in
      switch item {
      case .node(let index):
        let size = scene.sizes[.node(index)] ?? (0, 0)
        return Part(content: .node(index), width: size.width, height: size.height, nodes: [index])
      case .module(let inner):
        let layout = ModuleLayout(inner, scene, isRoot: false)
        return Part(
          layout: layout, width: layout.width, height: layout.height, title: inner.title, path: inner.path,
          nodes: Set(inner.nodes))
      }
    }
    var owners: [Int: Int] = [:]
    for (index, part) in parts.enumerated() { for node in part.nodes { owners[node] = index } }
    var vertices = parts.indices.map { index in
      LayeredGraph.Vertex(width: parts[index].width, height: parts[index].height, rank: ranks[index] + 1)
    }
    let last = (ranks.max() ?? 0) + 2

    // Values that come from outside and go there have places on the edges; those of the whole graph have boxes.
    func addPort(_ content: Content?, rank: Int) -> Int {
      let size = content.flatMap { scene.sizes[$0] } ?? (0, 0)
      vertices.append(LayeredGraph.Vertex(width: size.width, height: size.height, rank: rank))
      if let content {
        parts.append(Part(content: content, width: size.width, height: size.height))
      } else {
        parts.append(Part(width: 0, height: 0))
      }
      return vertices.count - 1
    }
    func source(of value: Int) -> Int? { value == 0 ? nil : owners[value - 1] }
    var wires: [LayeredGraph.Wire] = []
    var entering: [(value: Int, vertex: Int)] = []
    var leaving: [(value: Int, vertex: Int)] = []
    let values = Set(owners.keys.flatMap { scene.graph.nodes[$0].inputs.map(\.index) + [$0 + 1] })
    for value in values.union(isRoot ? scene.results.map(\.index) : []).sorted() {
      let from = source(of: value)
      let taking = scene.takers[value] ?? []
      let inside = Set(taking.compactMap { owners[$0] }).filter { $0 != from }.sorted()
      var takers = inside.map { ($0, parts[$0].entry(of: value)) }
      let results = scene.results.indices.filter { scene.results[$0].index == value }
      if isRoot {
        for result in results { takers.append((addPort(.result(result), rank: last), 0)) }
      } else if from != nil, taking.contains(where: { owners[$0] == nil }) || !results.isEmpty {
        leaving.append((value, addPort(nil, rank: last)))
        takers.append((vertices.count - 1, 0))
      }
      guard !takers.isEmpty else { continue }
      var vertex = from
      if vertex == nil {
        vertex = addPort(isRoot ? .input : nil, rank: 0)
        if !isRoot { entering.append((value, vertices.count - 1)) }
      }
      guard let vertex else { continue }
      wires.append(
        LayeredGraph.Wire(source: vertex, sourceOffset: parts[vertex].exit(of: value), takers: takers))
    }
    var layered = LayeredGraph(
      vertices, wires, top: isRoot ? Self.padding + Self.header : entering.isEmpty ? Self.header : 0, gap: Self.gap)
    for index in parts.indices where parts[index].layout == nil && parts[index].content != nil {
      layered.spreadWires(into: index)
    }
    place(parts, layered)
    for (value, vertex) in entering { entries[value] = layered.vertices[vertex].x + shift(layered) }
    for (value, vertex) in leaving { exits[value] = layered.vertices[vertex].x + shift(layered) }
  }

  /// What moves the leftmost box to the padding.
  private func shift(_ layered: LayeredGraph) -> Double {
    Self.padding - (layered.vertices.map { $0.x - $0.width / 2 }.min() ?? 0)
  }

  private mutating func place(_ parts: [Part], _ layered: LayeredGraph) {
    let shift = shift(layered)
    let right = layered.vertices.map { $0.x + $0.width / 2 }.max() ?? 0
    width = right + shift + Self.padding
    let hasExits = layered.ranks.last?.contains {
      $0 < parts.count && parts[$0].content == nil && parts[$0].layout == nil
    }
    height = (layered.extents.last?.bottom ?? 0) + (hasExits ?? false ? 0 : Self.padding)
    for (index, part) in parts.enumerated() {
      let vertex = layered.vertices[index]
      let (x, y) = (vertex.x + shift - vertex.width / 2, vertex.y)
      if let content = part.content {
        boxes.append(Box(content: content, frame: Frame(x: x, y: y, width: part.width, height: part.height)))
      } else if let layout = part.layout {
        frames.append(
          Frame(x: x, y: y, width: part.width, height: part.height, path: part.path, title: part.title))
        frames += layout.frames.map { $0.moved(x, y) }
        boxes += layout.boxes.map { Box(content: $0.content, frame: $0.frame.moved(x, y)) }
        wires += layout.wires.map { wire in
          Wire(points: wire.points.map { ($0.x + x, $0.y + y) }, hasArrow: wire.hasArrow)
        }
      }
    }
    for edge in layered.edges {
      let (from, to) = (layered.vertices[edge.from], layered.vertices[edge.to])
      let (start, end) = (from.x + shift + edge.fromOffset, to.x + shift + edge.toOffset)
      var points: [(x: Double, y: Double)] = []
      // A bend's own straight part goes with the piece that leaves it.
      points.append((start, from.isBend ? layered.extents[from.rank].top : from.y + from.height))
      points.append((start, layered.extents[from.rank].bottom))
      points.append((end, layered.extents[to.rank].top))
      if !to.isBend { points.append((end, to.y)) }
      let isBox = edge.to < parts.count && parts[edge.to].content != nil
      wires.append(Wire(points: points, hasArrow: isBox))
    }
  }

  /// The items of a module with their ranks: the longest ways from its beginning. Modules that need each other's results
  /// have no order; their items are taken out of them.
  private static func ranked(_ items: [ModuleTree.Item], _ graph: Graph) -> (items: [ModuleTree.Item], ranks: [Int]) {
    var items = items
    while true {
      var owners: [Int: Int] = [:]
      for (index, item) in items.enumerated() { for node in item.nodes { owners[node] = index } }
      var before: [Set<Int>] = Array(repeating: [], count: items.count)
      var after: [Set<Int>] = Array(repeating: [], count: items.count)
      for (node, owner) in owners {
        for input in graph.nodes[node].inputs where input.index > 0 {
          guard let giver = owners[input.index - 1], giver != owner else { continue }
          before[owner].insert(giver)
          after[giver].insert(owner)
        }
      }
      var waiting = before.map(\.count)
      var ranks = [Int](repeating: 0, count: items.count)
      var ready = items.indices.filter { waiting[$0] == 0 }
      var done: Set<Int> = []
      while let item = ready.popLast() {
        done.insert(item)
        for next in after[item] {
          ranks[next] = max(ranks[next], ranks[item] + 1)
          waiting[next] -= 1
          if waiting[next] == 0 { ready.append(next) }
        }
      }
      if done.count == items.count { return (items, ranks) }
      items = items.enumerated().flatMap { index, item -> [ModuleTree.Item] in
        guard !done.contains(index), case .module(let module) = item else { return [item] }
        return module.items
      }
    }
  }
}

extension ModuleTree.Item {
  /// The nodes that are in it.
  fileprivate var nodes: [Int] {
    switch self {
    case .node(let index): [index]
    case .module(let module): module.nodes
    }
  }
}

extension ModuleLayout.Frame {
  fileprivate func moved(_ x: Double, _ y: Double) -> Self {
    var frame = self
    frame.x += x
    frame.y += y
    return frame
  }
}
