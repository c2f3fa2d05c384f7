import Engine

/// What becomes of gradients before the optimizer takes them.
public struct GradientSettings: Sendable, Hashable, Codable {
  /// Batches of a step: their images count as if they were one large batch. A last step of an epoch may have fewer.
  public var accumulate = 1
  /// The length that all gradients together have at most, above 0.
  public var clipNorm: Double?
  /// The magnitude that each number of a gradient has at most, above 0.
  public var clipValue: Double?

  /// Every batch is a step, and gradients are as they are.
  public init() {}

  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    accumulate = try values.decodeIfPresent(Int.self, forKey: .accumulate) ?? 1
    clipNorm = try values.decodeIfPresent(Double.self, forKey: .clipNorm)
    clipValue = try values.decodeIfPresent(Double.self, forKey: .clipValue)
  }

  /// What cannot be used, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    if !(1...65_536).contains(accumulate) {
      problems.append("a step is to have \(accumulate) batches; it must be in 1...65536")
    }
    for (name, limit) in [("length", clipNorm), ("magnitude", clipValue)] {
      if let limit, !(limit > 0 && limit.isFinite) {
        problems.append("the \(name) of gradients is clipped at \(limit); it must be above 0")
      }
    }
    if clipNorm != nil && clipValue != nil {
      problems.append("gradients can be clipped by norm or by value; leave one out")
    }
    return problems
  }

  /// How the engine clips.
  var clipping: GradientClipping? { clipNorm.map { .norm($0) } ?? clipValue.map { .value($0) } }

  /// Whether gradients have to be there as a whole before the optimizer takes them.
  var keepsGradients: Bool { accumulate > 1 || clipping != nil }
}
