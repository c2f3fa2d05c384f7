public import ArgumentParser
public import Checkpoint
import Tensors
import Training
import Zoo

/// `zoo convert`
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Convert a checkpoint into another format.",
    usage: "zoo convert <source> <target> [--to <format>] [<rules>]",
    discussion: """
      The format of the source is known by what it holds. That of the target is known by its name, unless --to says it: \
      .h5, .pth, .safetensors, .safetensors.index.json, .npz, .npy, .weights.h5. The optimizer, the position of the \
      training and all else goes along where the target can hold it. What it cannot hold is listed, and refused without \
      --lossy.

      Layers of Keras become those of PyTorch when they are those of a model that 'zoo list' shows: in its names, and in its \
      order of axes. --layout torch turns any layers, by rules; --layout keras leaves them as they are.

      The target is written beside its place, verified, and appears there all at once: whatever happens, there is the old \
      file or the new one.

      Examples:
        zoo convert alexnet.pth alexnet.safetensors
        zoo convert first@best weights.pth --weights-only --dtype bf16
        zoo convert net.pth net.h5 --rename '^backbone\\.=' --drop '^head\\.' --dry-run
      """)

  @Argument(help: ArgumentHelp("A file, RUN@best, RUN@last, RUN@12, or registered weights.", valueName: "source"))
  var source: String

  @Argument(help: ArgumentHelp("The file to write.", valueName: "target"))
  var target: String

  @Option(
    help: ArgumentHelp(
      "The format: \(CheckpointFormat.writable.map(\.rawValue).joined(separator: ", ")).", valueName: "format"))
  var to: CheckpointFormat?

  @OptionGroup(title: "Rules") var rules: RuleOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Compress, from 1 (fast) to 9 (small).", valueName: "level"))
  var compress: Int?

  @Option(help: ArgumentHelp("Write several files of at most this size: 500MB, 2GiB.", valueName: "size"))
  var shard: ByteSize?

  @Option(help: ArgumentHelp("The model whose layers a file of Keras has.", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("What layers of Keras become: torch, or keras as they are.", valueName: "words"))
  var layout: LayerWords?

  @Flag(help: "Take the average of weights that training kept for the net, and leave the optimizer out.")
  var ema = false

  @Flag(help: "Show what would be done, and do nothing.")
  var dryRun = false

  @Flag(help: "Afterwards open the target as a stranger would, and compare every tensor.")
  var verify = false

  @Flag(help: "Show calls that a pickle asks for as records, where they are refused otherwise.")
  var inert = false

  @OptionGroup var store: StoreOptions

  func validate() throws {
    if let compress, !(1...9).contains(compress) {
      throw ValidationError("the level of compression is \(compress); it must be in 1...9")
    }
    if to == nil && CheckpointFormat(fileName: target) == nil {
      throw ValidationError(
        "'\(target.terminalEscaped)' does not say the format: end it with .h5, .pth, .safetensors, .npz, .npy or "
          + ".weights.h5, or give --to")
    }
  }

  func run() throws {
    let path = try store.checkpoints.resolve(source).path
    let file = try CheckpointFile(opening: path, ReadingOptions(isInert: inert))
    guard var format = to ?? CheckpointFormat(fileName: target) else { return }
    if format == .safetensors, shard != nil { format = .safetensorsIndex }
    let isKeras = format == .kerasWeights || format == .kerasLegacy
    let options = WritingOptions(
      compression: compress, shardByteCount: shard?.byteCount,
      keras: isKeras ? try file.snapshot().kerasHints : KerasHints())
    let conversion = try Conversion(of: file, to: format, rules: try rules.rules(), options: options) { source in
      let snapshot = try (ema ? averaged(source, path) : source).withOldModelRenamed
      if isKeras && model == nil && layout == nil { return snapshot }
      let turned = try LayerWords.turned(snapshot, model: model, to: layout)
      return format == .pytorch ? turned.withModuleVersions : turned
    }
    file.contents.warnings.forEach { Output.note($0) }
    if let known = Registry.published(file: path.split(separator: "/").last.map(String.init) ?? path),
      known.weights.transformsInput
    {
      Output.note(
        "\(known.name) expects images that the model turns to -1...1 (transform_input), which zoo knows by the name of "
          + "torchvision's file; the target does not say it")
    }
    Output.lines(ConversionText.lines(conversion, from: file, to: target, isFull: dryRun))
    if dryRun { return }
    let duration = try ContinuousClock().measure { try conversion.run(to: target) }
    let written = try CheckpointFile(opening: target)
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    Output.line("wrote     \(NumberText.bytes(written.contents.byteCount)) in \(NumberText.fixed(seconds, 2)) s")
    guard verify else { return }
    let comparison = try conversion.verify(target)
    guard comparison.isSame else {
      throw CommandError(
        "'\(target.terminalEscaped)' does not hold what it should:\n"
          + ComparisonText.lines(comparison, limit: 10).joined(separator: "\n"))
    }
    Output.line("verified  \(NumberText.count(comparison.sameCount, "tensor")), bit for bit")
  }
}

extension ConvertCommand {
  private func averaged(_ snapshot: LazySnapshot, _ path: String) throws -> LazySnapshot {
    guard let averaged = snapshot.averaged else {
      throw CommandError("'\(path.terminalEscaped)' holds no average of its weights; leave out '--ema'")
    }
    return averaged
  }
}

extension CheckpointFormat: ExpressibleByArgument {
  /// What completions and help offer.
  public static var allValueStrings: [String] { writable.map(\.rawValue) }
}
