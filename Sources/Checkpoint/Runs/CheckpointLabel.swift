/// Which checkpoint of a run: `last`, `best`, `average` or the number of an epoch.
public enum CheckpointLabel: Sendable, Hashable, CustomStringConvertible {
  /// The latest, from which training goes on.
  case last
  /// The one with the best metric so far.
  case best
  /// The mean of others (`zoo runs average`): a net, from which no training goes on.
  case average
  /// The one at the end of an epoch, counted from 1.
  case epoch(Int)

  /// Reads `last`, `best`, `average` or a number.
  public init?(_ text: String) {
    switch text {
    case "last": self = .last
    case "best": self = .best
    case "average": self = .average
    default:
      guard let epoch = Int(text), epoch >= 0, String(epoch) == text else { return nil }
      self = .epoch(epoch)
    }
  }

  /// `last`, `best`, `average` or the number.
  public var description: String {
    switch self {
    case .last: "last"
    case .best: "best"
    case .average: "average"
    case .epoch(let number): String(number)
    }
  }

  /// `last.h5`
  var fileName: String { description + Self.suffix }

  /// Reads `last.h5`, `best.h5` or `12.h5`.
  init?(fileName: String) {
    guard fileName.hasSuffix(Self.suffix) else { return nil }
    self.init(String(fileName.dropLast(Self.suffix.count)))
  }

  /// How every native checkpoint ends.
  static let suffix = ".h5"
}
