/// Boxes in ranks from top to bottom, connected downwards: the layered drawing of Sugiyama, Tagawa & Toda 1981.
///
/// Ranks are longest paths, the order in a rank is that of the barycentres of neighbours, and horizontal places are those
/// that a least-squares fit with minimal distances gives.
struct LayeredGraph {
  /// What has a place in a rank.
  struct Vertex {
    let width: Double
    let height: Double
    /// Whether it is the bend of a wire that passes through the rank.
    var isBend = false
    var rank = 0
    /// Its middle.
    var x = 0.0
    /// Its upper edge.
    var y = 0.0
  }

  /// A piece of a wire between neighbouring ranks. Offsets are from the middles of the two.
  struct Edge {
    let from: Int
    let to: Int
    var fromOffset: Double
    var toOffset: Double
  }

  /// A wire: what gives a value and where each of its takers is.
  struct Wire {
    let source: Int
    let sourceOffset: Double
    let takers: [(vertex: Int, offset: Double)]
  }

  private(set) var vertices: [Vertex]
  private(set) var edges: [Edge] = []
  /// The bends of each wire that has some, from top to bottom.
  private var chains: [[Int]] = []
  /// The vertices of each rank from left to right.
  private(set) var ranks: [[Int]] = []
  /// Where each rank begins and ends.
  private(set) var extents: [(top: Double, bottom: Double)] = []

  static let horizontalGap = 18.0
  static let bendGap = 12.0

  /// Lays out vertices whose ranks are set.
  /// - Parameters:
  ///   - top: Where the first rank begins.
  ///   - gap: The distance of two ranks.
  init(_ vertices: [Vertex], _ wires: [Wire], top: Double, gap: Double) {
    self.vertices = vertices
    for wire in wires { addWire(wire) }
    ranks = Array(repeating: [], count: (self.vertices.map(\.rank).max() ?? -1) + 1)
    for (index, vertex) in self.vertices.enumerated() { ranks[vertex.rank].append(index) }
    orderRanks()
    placeHorizontally()
    var y = top
    for rank in ranks {
      let height = rank.map { self.vertices[$0].height }.max() ?? 0
      for index in rank { self.vertices[index].y = y + (height - self.vertices[index].height) / 2 }
      extents.append((y, y + height))
      y += height + gap
    }
  }

  /// One chain of bends for all takers of a value.
  private mutating func addWire(_ wire: Wire) {
    let first = vertices[wire.source].rank
    var chain = [first: (wire.source, wire.sourceOffset)]
    var last = first
    let bends = vertices.count
    defer { if vertices.count > bends { chains.append(Array(bends..<vertices.count)) } }
    for taker in wire.takers.sorted(by: { vertices[$0.vertex].rank < vertices[$1.vertex].rank }) {
      let rank = vertices[taker.vertex].rank
      while last < rank - 1 {
        vertices.append(Vertex(width: 0, height: 0, isBend: true, rank: last + 1))
        if let (from, offset) = chain[last] {
          edges.append(Edge(from: from, to: vertices.count - 1, fromOffset: offset, toOffset: 0))
        }
        last += 1
        chain[last] = (vertices.count - 1, 0)
      }
      guard let (from, offset) = chain[rank - 1] else { continue }
      edges.append(Edge(from: from, to: taker.vertex, fromOffset: offset, toOffset: taker.offset))
    }
  }

  // MARK: Order

  private mutating func orderRanks() {
    var above: [Int: [Int]] = [:]
    var below: [Int: [Int]] = [:]
    for edge in edges {
      above[edge.to, default: []].append(edge.from)
      below[edge.from, default: []].append(edge.to)
    }
    var best = ranks
    var fewest = crossings
    for sweep in 0..<8 where fewest > 0 {
      let isDown = sweep.isMultiple(of: 2)
      for rank in isDown ? Array(ranks.indices) : ranks.indices.reversed() {
        sort(rank, by: isDown ? above : below, from: isDown ? rank - 1 : rank + 1)
      }
      let count = crossings
      if count < fewest { (best, fewest) = (ranks, count) }
    }
    ranks = best
  }

  private mutating func sort(_ rank: Int, by neighbours: [Int: [Int]], from other: Int) {
    guard ranks.indices.contains(other) else { return }
    let places = Dictionary(uniqueKeysWithValues: ranks[other].enumerated().map { ($0.element, Double($0.offset)) })
    let keys = ranks[rank].enumerated().map { position, vertex -> (Double, Int, Int) in
      let found = (neighbours[vertex] ?? []).compactMap { places[$0] }
      return (found.isEmpty ? Double(position) : found.reduce(0, +) / Double(found.count), position, vertex)
    }
    ranks[rank] = keys.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
  }

  /// How many pairs of edges cross.
  private var crossings: Int {
    var places = [Int](repeating: 0, count: vertices.count)
    for rank in ranks { for (position, vertex) in rank.enumerated() { places[vertex] = position } }
    var byRank: [Int: [(Int, Int)]] = [:]
    for edge in edges { byRank[vertices[edge.from].rank, default: []].append((places[edge.from], places[edge.to])) }
    return byRank.values.reduce(0) { sum, pairs in
      pairs.enumerated().reduce(sum) { sum, pair in
        pairs[(pair.offset + 1)...].reduce(sum) { sum, other in
          let (left, right) = (pair.element, other)
          return sum + ((left.0 < right.0 && left.1 > right.1) || (left.0 > right.0 && left.1 < right.1) ? 1 : 0)
        }
      }
    }
  }

  // MARK: Horizontal places

  private mutating func placeHorizontally() {
    var pulls: [[(other: Int, offset: Double, weight: Double, isAbove: Bool)]] = Array(
      repeating: [], count: vertices.count)
    for edge in edges {
      // Wires between boxes are the straightest, and long ones bend at their ends.
      let bends = (vertices[edge.from].isBend ? 1 : 0) + (vertices[edge.to].isBend ? 1 : 0)
      let weight: Double = bends == 0 ? 8 : bends == 1 ? 1 : 4
      pulls[edge.to].append((edge.from, edge.fromOffset - edge.toOffset, weight, true))
      pulls[edge.from].append((edge.to, edge.toOffset - edge.fromOffset, weight, false))
    }
    for rank in ranks {
      var x = 0.0
      for (position, vertex) in rank.enumerated() {
        if position > 0 { x += distance(rank[position - 1], vertex) }
        vertices[vertex].x = x
      }
    }
    let sweeps = 60
    for sweep in 0..<sweeps {
      let isDown = sweep.isMultiple(of: 2)
      let looksBothWays = sweep >= 6
      for rank in isDown ? Array(ranks.indices) : ranks.indices.reversed() {
        let wanted = ranks[rank].map { vertex -> (x: Double, weight: Double) in
          var (sum, weights) = (0.0, 0.0)
          for pull in pulls[vertex] where looksBothWays || pull.isAbove == isDown {
            sum += pull.weight * (vertices[pull.other].x + pull.offset)
            weights += pull.weight
          }
          return weights > 0 ? (sum / weights, weights) : (vertices[vertex].x, 0.01)
        }
        fit(ranks[rank], to: wanted)
      }
    }
    chains.forEach { straighten($0) }
  }

  /// Gives all bends of a wire one place, where their neighbours leave room for it.
  private mutating func straighten(_ chain: [Int]) {
    let places = chain.map { vertices[$0].x }
    guard let least = places.min(), let most = places.max() else { return }
    for x in [most, (least + most) / 2, least] {
      let fits = chain.allSatisfy { bend in
        let rank = ranks[vertices[bend].rank]
        guard let position = rank.firstIndex(of: bend) else { return false }
        let left = position == 0 ? -.infinity : vertices[rank[position - 1]].x + distance(rank[position - 1], bend)
        let isLast = position == rank.count - 1
        let right = isLast ? .infinity : vertices[rank[position + 1]].x - distance(bend, rank[position + 1])
        return left <= x && x <= right
      }
      guard fits else { continue }
      for bend in chain { vertices[bend].x = x }
      return
    }
  }

  /// The least distance of the middles of two neighbours.
  private func distance(_ left: Int, _ right: Int) -> Double {
    let gap = vertices[left].isBend || vertices[right].isBend ? Self.bendGap : Self.horizontalGap
    return (vertices[left].width + vertices[right].width) / 2 + gap
  }

  /// Moves the vertices of a rank as near to where they are wanted as their order and distances let them: isotonic
  /// regression by pooling adjacent violators.
  private mutating func fit(_ rank: [Int], to wanted: [(x: Double, weight: Double)]) {
    var shifts: [Double] = []
    var blocks: [(mean: Double, weight: Double, count: Int)] = []
    for (position, vertex) in rank.enumerated() {
      let shift = position == 0 ? 0 : (shifts.last ?? 0) + distance(rank[position - 1], vertex)
      shifts.append(shift)
      let (x, weight) = wanted[position]
      var block = (mean: x - shift, weight: weight, count: 1)
      while let last = blocks.last, last.mean > block.mean {
        let weight = last.weight + block.weight
        block = (
          (last.mean * last.weight + block.mean * block.weight) / weight, weight, last.count + block.count
        )
        blocks.removeLast()
      }
      blocks.append(block)
    }
    var position = 0
    for block in blocks {
      for _ in 0..<block.count {
        vertices[rank[position]].x = block.mean + shifts[position]
        position += 1
      }
    }
  }

  /// Spreads the wires that reach a vertex along its upper edge, in the order of where they come from.
  mutating func spreadWires(into vertex: Int) {
    let arriving = edges.indices.filter { edges[$0].to == vertex }
      .sorted { vertices[edges[$0].from].x < vertices[edges[$1].from].x }
    guard arriving.count > 1 else { return }
    for (position, edge) in arriving.enumerated() {
      let share = Double(position + 1) / Double(arriving.count + 1) - 0.5
      edges[edge].toOffset = vertices[vertex].width * share
    }
  }
}
