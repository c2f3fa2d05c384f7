import Checkpoint
import Foundation

extension RunHistory {
  /// Seconds since 1970 of a time as the log writes it: `2026-11-23T14:00:00Z`; 0 when it is none.
  static func seconds(_ time: JSONValue?) -> Double {
    time?.string.flatMap { try? Date($0, strategy: .iso8601) }?.timeIntervalSince1970 ?? 0
  }
}
