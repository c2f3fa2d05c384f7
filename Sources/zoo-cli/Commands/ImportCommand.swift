import ArgumentParser
import Checkpoint
import Datasets
import Layers
import ONNX
import Training
import Zoo

/// `zoo import`
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a checkpoint of an ONNX model: evaluate it, go on training it, export it.",
    usage: "zoo import <file> [<target>] [<options>]",
    discussion: """
      The graph becomes zoo's layers, and goes with the weights into a checkpoint that holds everything itself. What \
      exporters write around layers (shapes that are computed, activations in parts) is understood; a graph of operators \
      that zoo does not have is refused with all their names. Nothing in the file is executed.

      A softmax at the end is left out: the checkpoint gives logits. Images are prepared as the file says, when zoo wrote \
      it. Otherwise colour images are prepared as for ImageNet, and others are resized to a square, numbers in -1...1.

      'zoo train' takes the checkpoint as its model, and with '--weights' as its start too.

      Examples:
        zoo import net.onnx
        zoo import net.onnx net.h5 --class-indices classes.json --input-size 224
        zoo evaluate net.h5 --data flowers/val
        zoo train net.h5 --weights net.h5 --data flowers --freeze 'layer*'
      """)

  @Argument(help: ArgumentHelp("An ONNX model.", valueName: "file"))
  var file: String

  @Argument(help: ArgumentHelp("The checkpoint to write. (default: the file's name with .h5)", valueName: "target"))
  var target: String?

  @Option(help: ArgumentHelp("What the architecture is called. (default: the file's name)", valueName: "name"))
  var name: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of the images, where the model leaves them open.", valueName: "n"))
  var inputSize: Int?

  @Option(
    help: ArgumentHelp(
      "The name of each output: a JSON file as the run folder has one, {\"0\": \"daisy\", ...}.", valueName: "file"))
  var classIndices: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...4096).contains(inputSize ?? 1) else {
      throw ValidationError("the input size is \(inputSize ?? 0) pixels; it must be in 1...4096")
    }
    if let target, CheckpointFormat(fileName: target) != .native {
      throw ValidationError("'\(target.terminalEscaped)' is no name of a checkpoint: end it with .h5")
    }
    if let name, name.isEmpty || name != Self.cleaned(name) {
      throw ValidationError("'\(name.terminalEscaped)' is no name of an architecture: use letters, digits, '-' and '_'")
    }
  }

  func run() throws {
    let names = try classIndices.map { try ClassIndices(contentsOf: $0).names }
    let imported = try ImportedNetwork(opening: file, inputSize: inputSize)
    let stem = Self.stem(of: file)
    let cleaned = Self.cleaned(stem)
    let isTaken = Registry.models.contains { $0.name == cleaned }
    let architecture = name ?? (isTaken || cleaned.isEmpty ? "my_\(cleaned)" : cleaned)
    let checkpoint = try imported.checkpoint(
      named: architecture, from: CheckpointFile(opening: file), classNames: names)
    let target = target ?? "\(stem).h5"
    try Conversion.write(checkpoint, to: target)
    if imported.preprocessing == nil {
      Output.note("the file does not say how images are prepared for it; zoo does it " + Self.text(imported.preset))
    }
    let classNote = names == nil ? imported.classNamesNote : nil
    let notes = imported.notes + [imported.preprocessingNote, classNote].compactMap(\.self)
    notes.forEach { Output.note($0) }
    let layers = imported.graph.nodes.count
    if json {
      let answer: JSONValue = [
        "target": .string(target), "architecture": .string(architecture), "classes": .integer(imported.classes),
        "input_size": .integer(imported.inputSize), "input_channels": .integer(imported.graph.inputChannels),
        "layers": .integer(layers), "tensors": .integer(imported.tensorCount),
        "notes": .array(notes.map(JSONValue.string)),
      ]
      Output.line(answer.text(indented: true))
      return
    }
    Output.line(
      "imported  \(NumberText.count(layers, "layer")), \(NumberText.count(imported.tensorCount, "tensor")), "
        + (imported.classes == 1 ? "1 class" : "\(NumberText.grouped(imported.classes)) classes") + ", images of "
        + "\(imported.graph.inputChannels)x\(imported.inputSize)x\(imported.inputSize)")
    Output.line("wrote     \(target.terminalEscaped), architecture '\(architecture)'")
    Output.line("evaluate  zoo evaluate \(ShellText.quoted(target)) --data PATH")
  }

  /// How images are prepared, in words.
  private static func text(_ preset: EvaluationPreset) -> String {
    switch preset.resize {
    case .shortSide(let size):
      "as for ImageNet's models: resized to \(size) pixels, the middle \(preset.crop) cut out, its statistics"
    case .squash(let size):
      "in the simplest way: resized to \(size)x\(size) pixels whatever the proportions, mean and std 0.5, so that "
        + "numbers are in -1...1"
    }
  }

  /// The file's name without its endings.
  private static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.lowercased().hasSuffix(".onnx") ? String(name.dropLast(5)) : name
  }

  /// A name of letters, digits, `-` and `_`.
  private static func cleaned(_ name: String) -> String {
    name.prefix(64).map { character in
      character.isASCII && (character.isLetter || character.isNumber || character == "-") ? String(character) : "_"
    }.joined()
  }
}
