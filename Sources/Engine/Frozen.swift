public import Layers

/// What of a network does not learn.
public struct Frozen: Sendable, Hashable {
  /// Parameters, by their names, that keep their values: no gradient is computed for them and no update is made, and the
  /// backward pass ends where nothing below learns.
  public var parameters: Set<String>
  /// Whether batch normalisations whose scale and shift are both frozen keep their running statistics, and normalise by
  /// these in training too. Otherwise they normalise by the batch and their statistics move, as PyTorch's do whose
  /// parameters need no gradient; such a script has to call `eval()` on them.
  public var fixesStatistics: Bool

  /// Everything learns unless told otherwise.
  public init(parameters: Set<String> = [], fixesStatistics: Bool = false) {
    self.parameters = parameters
    self.fixesStatistics = fixesStatistics
  }

  /// Whether a node of a graph is a batch normalisation that keeps its statistics.
  public func fixesStatistics(of node: Graph.Node, in graph: Graph) -> Bool {
    guard fixesStatistics, case .batchNorm2d = node.operation else { return false }
    return node.parameters.prefix(2).allSatisfy { !learns($0, of: graph) }
  }

  /// Whether a parameter of a graph learns.
  func learns(_ index: Int, of graph: Graph) -> Bool {
    graph.parameters[index].role == .trainable && !parameters.contains(graph.parameters[index].name)
  }
}
