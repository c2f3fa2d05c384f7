/// What the optimizer does in one step: one update for each group of parameters.
public struct Updates: Sendable, Hashable {
  /// The updates, one for each group.
  public let groups: [Update]
  /// The group of each parameter of the graph, by its place; empty when there is one group.
  private let assignment: [Int]

  /// The same for every parameter.
  public init(_ update: Update) {
    groups = [update]
    assignment = []
  }

  /// Updates by group.
  /// - Parameters:
  ///   - groups: One update for each group.
  ///   - assignment: The group of each of ``Layers/Graph/parameters``, by its place. Buffers may have any.
  public init(groups: [Update], assignment: [Int]) {
    precondition(assignment.allSatisfy(groups.indices.contains), "every parameter is in a group")
    self.groups = groups
    self.assignment = assignment
  }

  /// The update of a parameter, by its place in the graph.
  subscript(parameter: Int) -> Update { assignment.isEmpty ? groups[0] : groups[assignment[parameter]] }
}
