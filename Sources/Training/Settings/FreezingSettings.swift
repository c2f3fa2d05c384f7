import Checkpoint
import Engine
import Layers

/// What of a network keeps its values in training.
public struct FreezingSettings: Sendable, Hashable, Codable {
  /// State-dict names or patterns of them, as in ``ParameterOverride/parameters``: what fits one does not learn.
  public var parameters: [String] = []
  /// Whether batch normalisations whose scale and shift are both frozen keep their running statistics and normalise by them.
  public var fixesStatistics = false

  /// Everything learns.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    parameters = try values.decodeIfPresent([String].self, forKey: .parameters) ?? []
    fixesStatistics = try values.decodeIfPresent(Bool.self, forKey: .fixesStatistics) ?? false
  }

  /// What the engine leaves alone.
  /// - Throws: ``TrainingError`` that names every pattern which fits no parameter, or when nothing is left to learn.
  func frozen(in graph: Graph) throws(TrainingError) -> Frozen {
    let names = graph.parameters.filter { $0.role == .trainable }.map(\.name)
    let unknown = parameters.filter { pattern in !names.contains { ParameterOverride.matches(pattern, $0) } }
    guard unknown.isEmpty else {
      throw TrainingError(
        .mismatch,
        "nothing can be frozen by " + unknown.map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
          + ", which fits no parameter; names are such as '\(names.first ?? "")' and '\(names.last ?? "")', and '*' stands "
          + "for any characters")
    }
    let frozen = names.filter { name in parameters.contains { ParameterOverride.matches($0, name) } }
    guard frozen.count < names.count else {
      throw TrainingError(.mismatch, "all \(names.count) parameters are frozen, so there is nothing to learn")
    }
    let result = Frozen(parameters: Set(frozen), fixesStatistics: fixesStatistics)
    guard !fixesStatistics || graph.nodes.contains(where: { result.fixesStatistics(of: $0, in: graph) }) else {
      throw TrainingError(
        .mismatch,
        "no batch normalisation has its scale and shift both frozen, so none can keep its statistics; leave out "
          + "'--freeze-norm-stats', or freeze normalisations too")
    }
    return result
  }
}
