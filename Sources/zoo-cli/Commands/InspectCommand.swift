import ArgumentParser
import Checkpoint
import Tensors

/// `zoo inspect`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a file of tensors holds.",
    usage: "zoo inspect <file> [<options>]",
    discussion: """
      The format is recognised by what the file holds. Nothing in the file is executed or followed out of its folder. With \
      --hash and --stats, every tensor's bytes are read.

      Examples:
        zoo inspect first@best
        zoo inspect weights.h5 --json --hash
        zoo inspect unknown.h5 --tree
      """)

  @Argument(help: ArgumentHelp("A file, RUN@best, RUN@last, RUN@12, or registered weights.", valueName: "file"))
  var reference: String

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show the SHA-256 of each tensor's bytes.")
  var hash = false

  @Flag(help: "Show each tensor's smallest and largest number, mean, standard deviation, and how many are not finite.")
  var stats = false

  @Flag(help: "Show everything as the tree that it is in the file.")
  var tree = false

  @Flag(help: "Open a pickle even if it asks for forbidden calls, and show them as records. Nothing is called.")
  var inert = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let path = try store.checkpoints.resolve(reference).path
    let file = try CheckpointFile(opening: path, ReadingOptions(isInert: inert))
    if json {
      var text = ""
      try file.contents.writeJSON(adding: { try members(of: $0, in: file) }) { piece in
        text += piece
        if text.utf8.count > 1 << 16 {
          Output.text(text)
          text = ""
        }
      }
      Output.line(text)
    } else {
      try printLines(file)
    }
  }

  private func members(of tensor: StoredTensor, in file: CheckpointFile) throws -> JSONValue {
    var members: JSONValue = [:]
    if hash { members["sha256"] = .string(try file.sha256(of: tensor)) }
    if stats { members["stats"] = InspectionText.json(TensorStatistics(of: try file.view(tensor))) }
    return members
  }

  /// Tables of so many rows; one of all tensors may take far more memory than the file.
  private static let mostRows = 10_000

  private func printLines(_ file: CheckpointFile) throws {
    let width = Terminal.output.width
    var lines = [InspectionText.title(file), ""]
    if tree {
      lines += InspectionTree.lines(file.contents, width: width)
    } else {
      lines += InspectionText.values(file.contents, width: width)
    }
    if !tree || hash || stats {
      lines += [""]
      let tensors = file.contents.tensors
      for start in stride(from: 0, to: max(tensors.count, 1), by: Self.mostRows) {
        let rows = Array(tensors[start..<min(start + Self.mostRows, tensors.count)])
        lines += try InspectionText.table(rows, width: width) { tensor in
          var notes: [String] = []
          if hash { notes.append("sha256 \(try file.sha256(of: tensor))") }
          if stats { notes.append(InspectionText.line(TensorStatistics(of: try file.view(tensor)))) }
          return notes
        }
        Output.lines(lines)
        lines = []
      }
    }
    Output.lines(lines + file.contents.warnings.map { "warning: \($0)" })
  }
}
