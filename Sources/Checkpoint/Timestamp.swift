#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Points in time as text.
enum Timestamp {
  /// The present, as ISO 8601 in UTC and whole seconds: `2025-01-31T12:00:00Z`.
  static func now() -> String { text(time(nil)) }

  /// Seconds since 1970 as ISO 8601 in UTC.
  static func text(_ seconds: time_t) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 64)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
