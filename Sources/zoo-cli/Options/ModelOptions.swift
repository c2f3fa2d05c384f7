import Architecture
import ArgumentParser
import Layers
import Tensors
import Zoo

/// A model and its size: what `show` and `bench` build.
struct ModelOptions: ParsableArguments {
  @Argument(help: "The model; 'zoo list' shows all. Or a YAML file that describes one.")
  var model: String

  @Option(
    name: .customLong("classes"), parsing: .unconditional,
    help: ArgumentHelp("Classes; the model's own unless given.", valueName: "n"))
  var classes: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Height and width of the images, in pixels; the model's own unless given.", valueName: "n"))
  var inputSize: Int?

  /// A model that is ready to be looked at.
  struct Built {
    let entry: ModelEntry
    let graph: Graph
    /// [C, H, W].
    let input: Shape
  }

  /// Builds the graph and checks the size.
  func build() throws -> Built {
    let entry = try ModelEntry.named(model)
    let size = inputSize ?? entry.inputSize
    guard (1...4096).contains(size) else {
      throw ValidationError("the input size is \(size) pixels; it must be in 1...4096")
    }
    var arguments = entry.arguments(inputSize: size)
    if let classes { arguments.numClasses = classes }
    let graph = try entry.build(arguments)
    let input: Shape = [graph.inputChannels, size, size]
    _ = try graph.shapes(input: input)
    return Built(entry: entry, graph: graph, input: input)
  }
}
