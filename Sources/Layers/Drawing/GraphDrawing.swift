public import Tensors

/// A graph as a drawing, for images of one size: each operation with its shape and parameters, framed by its modules.
///
/// ``dot`` is for Graphviz and other programs that read its language, ``svg`` a picture that needs none.
public struct GraphDrawing: Sendable {
  let graph: Graph
  let title: String
  let input: Shape
  let costs: [NodeCost]

  /// A drawing.
  /// - Parameters:
  ///   - title: What stands above it; the name of the model.
  ///   - input: [C, H, W].
  /// - Throws: ``LayersError`` as ``Graph/costs(input:)`` does.
  public init(_ graph: Graph, title: String, input: Shape) throws(LayersError) {
    self.graph = graph
    self.title = title
    self.input = input
    costs = try graph.costs(input: input)
  }

  /// What is written into the box of a node.
  struct Label {
    /// The last part of the module path.
    let name: String
    let operation: String
    /// The shape of the result, and the number of parameters where there are any.
    let detail: String
    /// The whole path and all numbers.
    let tooltip: String
  }

  func label(_ index: Int) -> Label {
    let (node, cost) = (graph.nodes[index], costs[index])
    let shape = Self.text(cost.outputShape)
    let parameters = cost.parameterCount == 0 ? "" : " · \(Self.short(cost.parameterCount))"
    return Label(
      name: node.name.split(separator: ".").last.map(String.init) ?? "", operation: node.operation.summary,
      detail: shape + parameters,
      tooltip: "\(node.name): \(node.operation.summary), output \(shape), \(cost.parameterCount) parameters, "
        + "\(cost.multiplyAccumulates) MACs")
  }

  /// Values that are results: the graph's own, and those that only training looks at.
  var results: [(name: String, value: Graph.Value)] {
    [("output", graph.output)]
      + graph.auxiliaries.enumerated().map { ("auxiliary \($0.offset + 1)", $0.element.value) }
  }

  /// `64×56×56`
  static func text(_ shape: Shape) -> String {
    shape.rank == 0 ? "scalar" : shape.dimensions.map(String.init).joined(separator: "×")
  }

  /// `9.4k`, `2.36M`: three significant digits.
  static func short(_ count: Int) -> String {
    var scaled = Double(count)
    for unit in ["", "k", "M", "G", "T"] {
      if scaled < 999.5 {
        if unit.isEmpty { return "\(count)" }
        let digits: Double = scaled < 9.995 ? 100 : scaled < 99.95 ? 10 : 1
        let text = "\((scaled * digits).rounded() / digits)"
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + unit
      }
      scaled /= 1000
    }
    return "\(count)"
  }

  /// The colours of a kind of operation: the box, and its edge.
  static func colors(_ kind: Operation.Kind) -> (fill: String, stroke: String) {
    switch kind {
    case .convolution: ("#dbe9fb", "#3f74b8")
    case .linear: ("#fbdcdc", "#b8474a")
    case .attention: ("#d9f1f1", "#3d8f92")
    case .normalization: ("#e2f3dd", "#5b9a4c")
    case .activation: ("#fdeccd", "#c08a2b")
    case .pooling: ("#eadff6", "#7c58ab")
    case .junction: ("#e9e9e9", "#6f6f6f")
    case .other: ("#ffffff", "#8b8b8b")
    }
  }
}
