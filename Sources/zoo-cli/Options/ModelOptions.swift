import Architecture
import ArgumentParser
import Checkpoint
import Layers
import Tensors
import Training
import Zoo

/// A model and its size: what `show` and `bench` build.
struct ModelOptions: ParsableArguments {
  @Argument(help: "The model; 'zoo list' shows all. Or a YAML file that describes one, or a checkpoint: its network.")
  var model: String

  @Option(
    name: .customLong("classes"), parsing: .unconditional,
    help: ArgumentHelp("Classes; the model's own unless given.", valueName: "n"))
  var classes: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of the images, in pixels; the model's own unless given.", valueName: "n"))
  var inputSize: Int?

  @OptionGroup var store: StoreOptions

  func validate() throws {
    guard (1...4096).contains(inputSize ?? 1) else {
      throw ValidationError("the input size is \(inputSize ?? 0) pixels; it must be in 1...4096")
    }
  }

  /// A model that is ready to be looked at.
  struct Built {
    let entry: ModelEntry
    let arguments: ModelArguments
    let graph: Graph
    /// [C, H, W].
    let input: Shape
  }

  /// Builds the graph and checks the size.
  func build() throws -> Built {
    let (entry, arguments, size) = try chosen()
    let graph = try entry.build(arguments)
    let input: Shape = [graph.inputChannels, size, size]
    _ = try graph.shapes(input: input)
    return Built(entry: entry, arguments: arguments, graph: graph, input: input)
  }

  private func chosen() throws -> (ModelEntry, ModelArguments, size: Int) {
    guard !model.lowercased().hasSuffix(".onnx") else {
      throw CommandError(
        "'\(model.terminalEscaped)' is an ONNX model: 'zoo import' makes a checkpoint of its graph, and 'zoo inspect' lists its "
          + "weights")
    }
    guard !isCheckpoint else {
      let choice = try CheckpointChoice(model, in: store.checkpoints, classes: classes)
      let stored = try StoredModel(
        opening: choice.path, model: choice.model, classes: choice.classes, published: choice.published)
      return (stored.entry, stored.arguments, inputSize ?? stored.inputSize)
    }
    let entry = try ModelEntry.named(model)
    let size = inputSize ?? entry.inputSize
    var arguments = entry.arguments(inputSize: size)
    if let classes { arguments.numClasses = classes }
    return (entry, arguments, size)
  }

  /// Whether a checkpoint is meant: `RUN@best`, or a file of one of its formats.
  private var isCheckpoint: Bool {
    let name = model.split(separator: "/").last ?? ""
    guard !name.hasSuffix(".yaml"), !name.hasSuffix(".yml") else { return false }
    return name.contains("@") || CheckpointFormat(fileName: model) != nil
  }
}
