/// What is different for some parameters of an optimizer.
public struct ParameterOverride: Sendable, Hashable, Codable {
  /// State-dict names, `features.0.weight`, or patterns of them: `*` stands for any characters, `?` for one.
  public var parameters: [String]
  /// What the learning rate, as the schedule gives it, is multiplied with; above 0.
  public var rateFactor: Double?
  /// Their weight decay.
  public var weightDecay: Double?

  /// An override; what is `nil` is as for other parameters.
  public init(_ parameters: [String], rateFactor: Double? = nil, weightDecay: Double? = nil) {
    self.parameters = parameters
    self.rateFactor = rateFactor
    self.weightDecay = weightDecay
  }

  /// Whether a pattern fits a name.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    let (pattern, name) = (Array(pattern.utf8), Array(name.utf8))
    var (p, n) = (0, 0)
    // Where to go on when the last star must stand for one character more.
    var retry: (p: Int, n: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        retry = (p + 1, n)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = retry {
        retry = (last.p, last.n + 1)
        (p, n) = (last.p, last.n + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
