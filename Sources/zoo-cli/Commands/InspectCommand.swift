import ArgumentParser
import Checkpoint
import Tensors

/// `zoo inspect`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a checkpoint file holds.",
    discussion: """
      Nothing in the file is executed or followed out of it. With --hash, every tensor's bytes are read and their SHA-256 is \
      shown.

      Examples:
        zoo inspect first@best
        zoo inspect weights.h5 --json --hash
      """)

  @Argument(help: ArgumentHelp("A file, or RUN@best, RUN@last, RUN@12.", valueName: "file"))
  var reference: String

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Show the SHA-256 of each tensor's bytes.")
  var hash = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let file = try CheckpointFile(opening: RunStore(folder: store.store).resolve(reference).path)
    if json {
      Output.line(file.contents.json(sha256: hash ? { file.sha256(of: $0) } : nil).text(indented: true))
    } else {
      Output.lines(lines(file))
    }
  }

  private func lines(_ file: CheckpointFile) -> [String] {
    let width = Terminal.output.width
    let contents = file.contents
    let bytes = contents.tensors.reduce(0) { $0 + $1.byteCount }
    var lines = [
      "\(file.path.terminalEscaped): \(contents.format.terminalEscaped), \(NumberText.bytes(contents.byteCount)), "
        + "\(contents.tensors.count) tensors of \(NumberText.bytes(bytes))", "",
    ]
    for (key, value) in contents.values.members {
      // A text is shown without quotes; a long value is cut.
      let text = value.string?.terminalEscaped ?? value.text().terminalEscaped
      lines.append(TerminalText.truncated("\(TerminalText.padded(key.terminalEscaped, to: 16)) \(text)", to: width))
    }
    var table = Table([
      Table.Column(title: "Tensor", flexibility: 1), Table.Column(title: "Type"), Table.Column(title: "Shape"),
      Table.Column(title: "Bytes", alignRight: true),
    ])
    for tensor in contents.tensors {
      table.add([
        tensor.name.terminalEscaped, tensor.dtype.rawValue, tensor.shape.compactDescription,
        NumberText.bytes(tensor.byteCount),
      ])
      if hash { table.addNote("  sha256 \(file.sha256(of: tensor))") }
    }
    return lines + [""] + table.lines(width: width)
  }
}

extension JSONValue {
  /// The members of an object in order; none of anything else.
  var members: [(String, JSONValue)] { object.map { $0.map { ($0.key, $0.value) } } ?? [] }
}
