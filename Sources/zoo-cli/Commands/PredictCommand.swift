import ArgumentParser
import Checkpoint
import Datasets
import Tensors
import Training

/// `zoo predict`
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Say what images show.",
    usage: "zoo predict <checkpoint> <image> ... [--features <layers>] [<options>]",
    discussion: """
      '-' reads more names from standard input, one a line, and answers at once when no other is waiting. An image that cannot be read is said \
      on standard error, and with --json in a record {"image": ..., "error": ...}; the others are predicted, and the command \
      ends with 1. --skip-corrupt ends with 0 then.

      With --tensor, images that are prepared already, float32 [N, C, H, W], are taken from a file of any format, and their \
      logits [N, classes] go into another: the way to compare with another framework.

      With --features, the values of inner layers go into a file: an array [N, ...] under each layer's name, with 'logits', \
      'predictions' and 'images', the bytes of the images' names filled up with zeros. Layers have the names that 'zoo show' prints, or \
      those of modules around them.

      Examples:
        zoo predict first@best photo.jpg
        zoo predict first@best photos --top 3 --json
        find photos -name '*.jpg' | zoo predict first@best - --json
        zoo predict alexnet.pth --model alexnet --tensor in.npz --output logits.npz
        zoo predict first@best photos --features avgpool,layer4.1.conv2 --output features.npz
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: RUN@best, RUN@last, RUN@12, a file, or registered weights.", valueName: "checkpoint"))
  var reference: String

  @Argument(
    help: ArgumentHelp("Images, folders whose images are all meant, and '-' for standard input.", valueName: "image"))
  var images: [String] = []

  @Option(help: ArgumentHelp("A file with prepared images, in place of images.", valueName: "file"))
  var tensor: String?

  @Option(help: ArgumentHelp("Which of several tensors in that file.", valueName: "name"))
  var input: String?

  @Option(help: ArgumentHelp("Where logits or features go; its name says the format.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Layers whose values are written, with commas between.", valueName: "layers"))
  var features: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("Classes to name for each image.", valueName: "n"))
  var top = 5

  @Option(
    help: ArgumentHelp(
      "The name of each output: a JSON file as the run folder has one, {\"0\": \"daisy\", ...}.", valueName: "file"))
  var classIndices: String?

  @Flag(help: "Do not count images that cannot be read as a failure.")
  var skipCorrupt = false

  @Flag(help: "Print JSON: one object a line for each image.")
  var json = false

  @OptionGroup var options: CheckpointOptions

  @OptionGroup var passes: PassOptions

  func validate() throws {
    guard images.isEmpty != (tensor == nil) else {
      throw ValidationError("give either images, or '--tensor FILE' with '--output FILE'")
    }
    guard tensor == nil || features == nil else {
      throw ValidationError("'--features' are those of images, and not of a '--tensor'")
    }
    guard (tensor == nil && features == nil) == (output == nil) else {
      throw ValidationError("'--tensor FILE' and '--features LAYERS' each go together with '--output FILE'")
    }
    if let features, Self.layers(features).contains("") {
      throw ValidationError("'--features' is a list of layers, such as 'avgpool,layer4'; 'zoo show' prints their names")
    }
    if features != nil, output?.hasSuffix(".npy") ?? false {
      throw ValidationError("a .npy file holds one array; '--features' writes several: end the name with .npz or .h5")
    }
    if let output, CheckpointFormat(fileName: output)?.isWritable != true {
      throw ValidationError(
        "'\(output.terminalEscaped)' does not say the format: end it with .npz, .npy, .safetensors, .pth or .h5")
    }
    guard input == nil || tensor != nil else {
      throw ValidationError("'--input' names a tensor of the file of '--tensor', which is missing")
    }
    guard top >= 1 else { throw ValidationError("'--top \(top)' names no class; it must be at least 1") }
  }

  func run() throws {
    let names = try classIndices.map { try ClassIndices(contentsOf: $0).names }
    let model = try options.load(reference, classNames: names)
    if let tensor, let output { return try predict(tensor, to: output, with: model) }
    var extraction: FeatureExtraction?
    if let features, let output {
      let layers = Self.layers(features)
      extraction = try FeatureExtraction(model, layers: layers, to: output)
    }
    var session = PredictionSession(
      predictor: Predictor(model, batchSize: passes.batchSize, workers: passes.readers), top: top, json: json,
      features: extraction)
    try session.predict(images, batchSize: passes.batchSize)
    if let extraction, let output {
      let written = try extraction.write().map { "\($0.layer) \($0.shape)" }.joined(separator: ", ")
      Output.line(
        onError:
          "features of \(NumberText.count(extraction.count, "image")) written to \(output.terminalEscaped): \(written)")
    }
    try session.finish(toleratesFailures: skipCorrupt)
  }

  /// The names in a list.
  private static func layers(_ list: String) -> [String] {
    list.split(separator: ",", omittingEmptySubsequences: false).map {
      String($0.trimmingPrefix(while: \.isWhitespace))
    }
  }

  private func predict(_ tensor: String, to output: String, with model: TrainedModel) throws {
    let images = try TrainedModel.input(in: CheckpointFile(opening: tensor), named: input)
    let logits = try model.logits(of: images, batchSize: passes.batchSize)
    try Conversion.write(["logits": logits], to: output)
    guard json else {
      return Output.line("logits    \(logits.shape), written to \(output.terminalEscaped)")
    }
    let record: JSONValue = [
      "output": .string(output), "tensor": "logits", "shape": .array(logits.shape.dimensions.map { .integer($0) }),
    ]
    Output.line(record.text())
  }
}
