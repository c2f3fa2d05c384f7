import ArgumentParser
import Checkpoint
import Tensors

/// `zoo diff`
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare the tensors of two checkpoints of any formats.",
    usage: "zoo diff <first> <second> [--atol <x>] [--rtol <x>] [--json]",
    discussion: """
      Tensors meet by name. Without a tolerance every bit counts. With one, numbers a and b are the same when \
      |a - b| <= atol + rtol * |b|, whatever their types.

      Exit codes: 0 the same, 1 different, 2 a file cannot be read.

      Examples:
        zoo diff first@best first@last
        zoo diff alexnet.pth alexnet.safetensors
        zoo diff run.h5 peer.pth --atol 1e-6 --rtol 1e-4 --json
      """)

  @Argument(help: ArgumentHelp("A file, RUN@best, RUN@last, RUN@12, or registered weights.", valueName: "first"))
  var first: String

  @Argument(help: ArgumentHelp("The same.", valueName: "second"))
  var second: String

  @Option(parsing: .unconditional, help: ArgumentHelp("The absolute tolerance.", valueName: "x"))
  var atol: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("The relative tolerance.", valueName: "x"))
  var rtol: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("How many of each kind are shown.", valueName: "n"))
  var top = 10

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreOptions

  func validate() throws {
    for tolerance in [atol, rtol].compactMap(\.self) where !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("a tolerance is \(tolerance); it must be at least 0")
    }
    guard top >= 1 else { throw ValidationError("'--top \(top)' shows nothing; it must be at least 1") }
  }

  func run() throws {
    let comparison: CheckpointComparison
    do {
      comparison = try CheckpointComparison(snapshot(first), snapshot(second), tolerance: tolerance)
    } catch {
      throw Outcome(.unreadable, "\(error)")
    }
    Output.lines(
      json ? [ComparisonText.json(comparison).text(indented: true)] : ComparisonText.lines(comparison, limit: top))
    if !comparison.isSame { throw Outcome(.failed) }
  }

  private var tolerance: CheckpointComparison.Tolerance? {
    guard atol != nil || rtol != nil else { return nil }
    return CheckpointComparison.Tolerance(absolute: atol ?? 0, relative: rtol ?? 0)
  }

  private func snapshot(_ reference: String) throws -> LazySnapshot {
    try CheckpointFile(opening: store.checkpoints.resolve(reference).path).snapshot()
  }
}
