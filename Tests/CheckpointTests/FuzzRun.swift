import Foundation
import Testing

/// Random damage for a while, from the same seed at every run.
///
/// `ZOO_FUZZ_SECONDS` and `ZOO_FUZZ_SEED` say otherwise; with `ZOO_FUZZ_KEEP`, a folder, each input is kept there until it
/// was survived, so that what crashed is there afterwards. `scripts/fuzz` is guided by coverage and finds more.
enum FuzzRun {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["ZOO_FUZZ_SECONDS"].flatMap(Double.init)
  private static let seed = environment["ZOO_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
  private static let folder = environment["ZOO_FUZZ_KEEP"]

  /// Calls `body` until its share of the time is up.
  static func run(_ share: Double, _ body: (inout Mutations) throws -> Void) rethrows {
    var mutations = Mutations(seed: seed)
    let end = ContinuousClock.now + .seconds((seconds ?? 2) * share)
    var (count, slowest) = (0, Duration.zero)
    while ContinuousClock.now < end || count < 20 {
      let start = ContinuousClock.now
      try body(&mutations)
      slowest = max(slowest, ContinuousClock.now - start)
      count += 1
    }
    // An input is some kilobytes long, and may take no longer than such a file.
    #expect(slowest < .seconds(20))
    if seconds != nil { print("fuzz: \(count) inputs, the slowest took \(slowest)") }
  }

  /// Keeps an input until the next of its name.
  static func keep(_ bytes: [UInt8], as name: String) {
    if let folder { try? TemporaryFolder.write(bytes, to: "\(folder)/\(name)-\(seed)") }
  }
}
