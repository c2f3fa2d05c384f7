/// Which checkpoint of a run: `last`, `best` or the number of an epoch.
public enum CheckpointLabel: Sendable, Hashable, CustomStringConvertible {
  /// The latest, from which training goes on.
  case last
  /// The one with the best metric so far.
  case best
  /// The one at the end of an epoch, counted from 1.
  case epoch(Int)

  /// Reads `last`, `best` or a number.
  public init?(_ text: String) {
    switch text {
    case "last": self = .last
    case "best": self = .best
    default:
      guard let epoch = Int(text), epoch >= 0, String(epoch) == text else { return nil }
      self = .epoch(epoch)
    }
  }

  /// `last`, `best` or the number.
  public var description: String {
    switch self {
    case .last: "last"
    case .best: "best"
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
