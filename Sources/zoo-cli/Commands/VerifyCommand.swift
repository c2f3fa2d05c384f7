import ArgumentParser
import Checkpoint
import Tensors
import Training

/// `zoo verify`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a checkpoint.",
    usage: "zoo verify <file> [--json]",
    discussion: """
      Reads all of the file and holds it against what it has to be checked by: digests of each tensor in zoo's own files, \
      checksums in zip archives and HDF5. Counts numbers that are not finite, and says which model the tensors fit.

      Exit codes: 0 sound, 1 damaged or unreadable, 2 sound but with numbers that are not finite.

      Examples:
        zoo verify first@best
        zoo verify alexnet.pth --json
      """)

  @Argument(help: ArgumentHelp("A file, RUN@best, RUN@last, RUN@12, or registered weights.", valueName: "file"))
  var reference: String

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let file = try CheckpointFile(opening: store.checkpoints.resolve(reference).path)
    let result = try Verification(of: file)
    let model = result.isSound ? try? file.snapshot().fittingModel : nil
    if json {
      Output.line(Self.json(result, model, file).text(indented: true))
    } else {
      Output.lines(Self.lines(result, model, file))
    }
    guard result.isSound else {
      throw Outcome(
        .failed,
        "\(file.path.terminalEscaped) is damaged: \(NumberText.count(result.damages.count, "tensor")) of "
          + "\(NumberText.grouped(result.tensorCount)); use another copy of the file")
    }
    if !result.nonFinite.isEmpty { throw Outcome(.unreadable) }
  }

  private static func lines(_ result: Verification, _ model: String?, _ file: CheckpointFile) -> [String] {
    var lines = [
      "file      \(file.path.terminalEscaped): \(result.format.title)",
      "tensors   \(NumberText.grouped(result.tensorCount)), \(NumberText.bytes(result.byteCount)), "
        + Self.guards(result),
    ]
    lines += result.damages.map { "damaged   \($0)" }
    lines += result.nonFinite.prefix(20).map { tensor in
      "not finite  \(tensor.name.terminalEscaped): \(NumberText.grouped(tensor.nanCount)) NaN, "
        + "\(NumberText.grouped(tensor.infinityCount)) infinite"
    }
    if result.nonFinite.count > 20 { lines.append("            and \(result.nonFinite.count - 20) more tensors") }
    lines += result.warnings.map { "note      \($0)" }
    lines.append("model     \(model ?? "the tensors fit none that 'zoo list' shows")")
    lines.append(
      "verdict   \(!result.isSound ? "damaged" : result.nonFinite.isEmpty ? "sound" : "sound, but not finite")")
    return lines
  }

  /// What the file had to be checked by.
  private static func guards(_ result: Verification) -> String {
    switch result.format {
    case .pytorch, .npz, .kerasArchive: "with the checksums of the zip archive"
    default:
      result.digestCount == 0
        ? "with nothing to check them by but their lengths" : "\(NumberText.grouped(result.digestCount)) with a digest"
    }
  }

  private static func json(_ result: Verification, _ model: String?, _ file: CheckpointFile) -> JSONValue {
    [
      "format": .string(result.format.rawValue), "sound": .bool(result.isSound),
      "tensors": .integer(result.tensorCount), "nbytes": .integer(result.byteCount),
      "with_digest": .integer(result.digestCount), "damages": .array(result.damages.map(JSONValue.string)),
      "non_finite": .array(
        result.nonFinite.map { tensor -> JSONValue in
          [
            "name": .string(tensor.name), "nan": .integer(tensor.nanCount), "infinite": .integer(tensor.infinityCount),
          ]
        }),
      "warnings": .array(result.warnings.map(JSONValue.string)),
      "model": model.map(JSONValue.string) ?? .null,
    ]
  }
}
