import Tensors

/// Finds which parameter of a net each number of an optimizer means, when the file does not name them.
///
/// An optimizer numbers its parameters in the order in which it was given them, and that is nearly always the order of the
/// net, within each group. So the parameters of each group must be found in the net in order, with the shapes that the
/// optimizer's state has; parameters of the net may be in no group, when they are frozen. If that can be done in exactly one
/// way, it is taken. If it can be done in two ways, the order of the groups' parameters in the net is not certain, and
/// nothing is taken: a state given to another parameter of the same shape would spoil a training, and nobody would notice.
enum ParameterMatching {
  /// How many ways are followed at the same time.
  private static let widest = 20_000
  /// How much is tried altogether.
  private static let longest = 600_000

  /// A way through the net so far.
  private struct Step {
    /// In how many ways one gets there; 2 stands for all above.
    var count: Int
    /// Where one comes from.
    var before: [Int]
    /// The group that the last parameter belongs to, or −1 for none.
    var choice: Int
  }

  /// The place of each group's parameters among the net's.
  /// - Parameters:
  ///   - groups: The shape of each parameter of each group; `nil` where the state does not tell.
  ///   - parameters: The shapes of the net's parameters.
  static func match(
    groups: [[Shape?]], parameters: [Shape]
  ) throws(TorchOptimizer.Unusable) -> [[Int]] {
    let needed = groups.reduce(0) { $0 + $1.count }
    guard needed <= parameters.count else {
      throw TorchOptimizer.Unusable(reason: "it has \(needed) parameters, and the net has \(parameters.count)")
    }
    guard groups.count <= 1000 else { throw TorchOptimizer.Unusable(reason: "it has \(groups.count) parameter groups") }
    var layers: [[[Int]: Step]] = [[[Int](repeating: 0, count: groups.count): Step(count: 1, before: [], choice: -1)]]
    var work = 0
    for (place, shape) in parameters.enumerated() {
      var next: [[Int]: Step] = [:]
      for (positions, step) in layers[place] {
        let used = positions.reduce(0, +)
        if parameters.count - place - 1 >= needed - used { add(positions, from: positions, step, -1, to: &next) }
        for (group, position) in positions.enumerated() where position < groups[group].count {
          guard (groups[group][position] ?? shape) == shape else { continue }
          var after = positions
          after[group] += 1
          add(after, from: positions, step, group, to: &next)
        }
        work += groups.count + 1
      }
      guard !next.isEmpty else {
        throw TorchOptimizer.Unusable(
          reason: "the shapes of its state are not those of the net's parameters, in their order")
      }
      guard next.count <= widest, work <= longest else { throw uncertain(needed, parameters.count) }
      layers.append(next)
    }
    var positions = groups.map(\.count)
    guard let last = layers[parameters.count][positions] else {
      throw TorchOptimizer.Unusable(
        reason: "the shapes of its state are not those of the net's parameters, in their order")
    }
    guard last.count == 1 else { throw uncertain(needed, parameters.count) }
    var places = groups.map { [Int](repeating: 0, count: $0.count) }
    for place in parameters.indices.reversed() {
      guard let step = layers[place + 1][positions] else { preconditionFailure("every way has a beginning") }
      if step.choice >= 0 { places[step.choice][positions[step.choice] - 1] = place }
      positions = step.before
    }
    return places
  }

  private static func add(
    _ positions: [Int], from before: [Int], _ step: Step, _ choice: Int, to layer: inout [[Int]: Step]
  ) {
    if let known = layer[positions] {
      layer[positions]?.count = min(known.count + step.count, 2)
    } else {
      layer[positions] = Step(count: step.count, before: before, choice: choice)
    }
  }

  private static func uncertain(_ needed: Int, _ count: Int) -> TorchOptimizer.Unusable {
    TorchOptimizer.Unusable(
      reason:
        "which of the net's \(count) parameters its \(needed) are is not certain, as several have the same shape; save "
        + "the optimizer with names (torch.optim.SGD(net.named_parameters(), …)) to make it so")
  }
}
