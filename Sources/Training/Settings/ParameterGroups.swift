import Checkpoint
import Engine
import Layers

/// The parameters of a graph by what the optimizer does with them.
struct ParameterGroups: Sendable {
  /// Parameters that share all hyper-parameters.
  struct Group: Sendable, Hashable {
    /// What the learning rate is multiplied with.
    let rateFactor: Double
    let weightDecay: Double
    /// In the order of the graph.
    var parameters: [String] = []
  }

  /// In the order of their first parameters.
  let groups: [Group]
  /// The group of each parameter of the graph, by its place; 0 for buffers.
  private let assignment: [Int]
  private let settings: OptimizerSettings

  /// Forms the groups.
  /// - Throws: ``TrainingError`` that names every pattern which fits no parameter.
  init(_ settings: OptimizerSettings, _ graph: Graph) throws(TrainingError) {
    self.settings = settings
    let names = graph.parameters.filter { $0.role == .trainable }.map(\.name)
    let unknown = settings.overrides.flatMap(\.parameters).filter { pattern in
      !names.contains { ParameterOverride.matches(pattern, $0) }
    }
    guard unknown.isEmpty else {
      throw TrainingError(
        .mismatch,
        "no parameter is called " + unknown.map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
          + "; names are such as '\(names.first ?? "")' and '\(names.last ?? "")'")
    }
    var normalizing: Set<Int> = []
    for node in graph.nodes {
      if case .batchNorm2d = node.operation { normalizing.formUnion(node.parameters) }
    }
    var groups: [Group] = []
    assignment = graph.parameters.enumerated().map { index, parameter in
      guard parameter.role == .trainable else { return 0 }
      let group = Group(
        rateFactor: settings.rateFactor(of: parameter.name),
        weightDecay: settings.weightDecay(of: parameter.name, isNorm: normalizing.contains(index)))
      let place = groups.firstIndex { $0.rateFactor == group.rateFactor && $0.weightDecay == group.weightDecay }
      if place == nil { groups.append(group) }
      let found = place ?? groups.count - 1
      groups[found].parameters.append(parameter.name)
      return found
    }
    self.groups = groups
  }

  /// What the engine applies.
  /// - Parameters:
  ///   - learningRate: What the schedule gives.
  ///   - momentum: What it gives; `nil` for the settings'.
  ///   - step: The number of the update, from 1.
  func updates(learningRate: Double, momentum: Double? = nil, step: Int) -> Updates {
    Updates(
      groups: groups.map { group in
        Update(
          rule: settings(of: group, momentum: momentum).rule, learningRate: learningRate * group.rateFactor, step: step)
      }, assignment: groups.count > 1 ? assignment : [])
  }

  /// The groups as checkpoints keep them, with the rate of the next step as PyTorch has it.
  /// - Parameters:
  ///   - schedule: Says what else of it stands in groups.
  ///   - rate: What the schedule gives at the next step.
  ///   - momentum: What it gives then; `nil` for the settings'.
  func snapshots(_ schedule: Schedule, rate: Double, momentum: Double?) throws -> [OptimizerSnapshot.ParameterGroup] {
    try groups.map { group in
      var hyperparameters = try JSONValue(encoding: settings(of: group, momentum: momentum).hyperparameters)
      hyperparameters["lr"] = .number(rate * group.rateFactor)
      for member in schedule.torchGroupMembers(rateFactor: group.rateFactor) {
        hyperparameters[member.name] = .number(member.value)
      }
      return OptimizerSnapshot.ParameterGroup(hyperparameters: hyperparameters, parameters: group.parameters)
    }
  }

  private func settings(of group: Group, momentum: Double?) -> OptimizerSettings {
    var settings = settings
    if let momentum { settings.cycledMomentum = momentum }
    settings.learningRate *= group.rateFactor
    settings.weightDecay = group.weightDecay
    return settings
  }
}

extension OptimizerSettings {
  /// The first override that fits and says one decides.
  fileprivate func rateFactor(of name: String) -> Double {
    first(name, \.rateFactor) ?? 1
  }

  fileprivate func weightDecay(of name: String, isNorm: Bool) -> Double {
    if let decay = first(name, \.weightDecay) { return decay }
    if isNorm { return normWeightDecay ?? weightDecay }
    let isBias = name == "bias" || name.hasSuffix(".bias")
    return isBias ? biasWeightDecay ?? weightDecay : weightDecay
  }

  private func first(_ name: String, _ value: (ParameterOverride) -> Double?) -> Double? {
    overrides.lazy.filter { $0.parameters.contains { ParameterOverride.matches($0, name) } }.compactMap(value).first
  }
}
