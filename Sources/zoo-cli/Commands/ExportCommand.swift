public import ArgumentParser
import Checkpoint
public import ONNX
import Training

/// `zoo export`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a checkpoint as a model for other programs: ONNX.",
    usage: "zoo export <checkpoint> --onnx <file> [<options>]",
    discussion: """
      The file holds the graph and the weights, for onnxruntime and all else that reads ONNX. Images go in as float32 [N, C, \
      H, W], prepared as the property 'preprocessing' of the file says; the properties 'model', 'arguments' and \
      'class_names' tell the rest. Weights keep their state-dict names. What only training needs is left out: dropout, \
      counts of batches, auxiliary heads. 'zoo convert' writes weights alone.

      A model of 2 GiB or more gets a second file for its weights beside it, which must stay there. Both appear all at \
      once, and under no name before they are whole.

      Examples:
        zoo export flowers@best --onnx flowers.onnx
        zoo export flowers@best --onnx flowers.onnx --fold --softmax --batch 1 --opset 13
        zoo export resnet18.pth --model resnet18 --onnx resnet18.onnx
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: RUN@best, RUN@last, RUN@12, a file, or registered weights.", valueName: "checkpoint"))
  var reference: String

  @Option(help: ArgumentHelp("The ONNX file to write.", valueName: "file"))
  var onnx: String

  @Flag(
    inversion: .prefixedNo,
    help: "Make batch normalisation part of the convolutions before it; their weights are then others.")
  var fold = false

  @Option(
    help: ArgumentHelp("The images at a time: a number, or dynamic for any number.", valueName: "n"))
  var batch = ExportOptions.Batch.dynamic

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The version of ONNX's operators, \(Opset.supported.lowerBound) to \(Opset.supported.upperBound).",
      valueName: "n"))
  var opset = Opset.usual

  @Flag(help: "End in a softmax: probabilities in place of logits.")
  var softmax = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Height and width of the images, in pixels; those that the checkpoint prepares them to unless given.",
      valueName: "n"))
  var inputSize: Int?

  @Option(help: ArgumentHelp("What the images are called in the file.", valueName: "name"))
  var inputName = "input"

  @Option(
    help: ArgumentHelp("What the result is called in the file. (default: logits or probabilities)", valueName: "name"))
  var outputName: String?

  @Option(
    help: ArgumentHelp(
      "The architecture of a file that holds weights only. (default: what they fit)", valueName: "name"))
  var model: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The classes of a file that holds weights only. (default: those of the last layer)", valueName: "n"))
  var classes: Int?

  @Flag(help: "Take the average of weights that training kept with --ema, not the weights themselves.")
  var ema = false

  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard (1...4096).contains(inputSize ?? 1) else {
      throw ValidationError("the input size is \(inputSize ?? 0) pixels; it must be in 1...4096")
    }
    try TargetFile.check(onnx, "--onnx", endings: [".onnx"])
  }

  func run() throws {
    let choice = try CheckpointChoice(reference, in: store.checkpoints, model: model, classes: classes)
    try TargetFile.check(onnx, isNot: choice.path)
    let stored = try StoredModel(
      opening: choice.path, weights: ema ? .average : .net, model: choice.model, classes: choice.classes,
      published: choice.published)
    var options = ExportOptions()
    options.opset = opset
    options.batch = batch
    options.foldsBatchNorm = fold
    options.endsInSoftmax = softmax
    options.inputName = inputName
    options.outputName = outputName
    let export = try stored.export(inputSize: inputSize, options: options)
    let files = try export.write(to: onnx)
    let beside = files.dropFirst().map { " and '\($0.terminalEscaped)' beside it" }.joined()
    Output.line(
      "wrote \(NumberText.count(export.nodeCount, "node")) of opset \(opset) with "
        + "\(NumberText.bytes(export.weightByteCount)) of weights to '\(onnx.terminalEscaped)'\(beside)")
  }
}

extension ExportOptions.Batch: ExpressibleByArgument {
  /// `dynamic`, or a number of images.
  public init?(argument: String) {
    if argument == "dynamic" {
      self = .dynamic
    } else if let count = Int(argument) {
      self = .fixed(count)
    } else {
      return nil
    }
  }

  /// As it is given.
  public var defaultValueDescription: String {
    switch self {
    case .dynamic: "dynamic"
    case .fixed(let count): "\(count)"
    }
  }
}
