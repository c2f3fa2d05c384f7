public import Checkpoint
public import Layers
import OrderedCollections
import SwiftProtobuf
public import Tensors

/// A network with its weights as an ONNX model.
///
/// The images are [N, C, H, W] of float32, prepared as the properties say; N may be open, the others are fixed. Weights
/// keep their state-dict names. What only training needs (dropout, auxiliary heads, counts of batches) is left out.
public struct Export {
  private let model: ONNXModel
  private let tensors: OrderedDictionary<String, TensorSource>
  private let largestMessage: Int

  /// Translates a graph.
  /// - Parameters:
  ///   - graph: The network.
  ///   - name: What the model's graph is called.
  ///   - input: The shape of an image, [C, H, W].
  ///   - weights: The parameters and buffers by state-dict name, of floating-point types.
  ///   - properties: What else the file says, as texts by name (`metadata_props`).
  ///   - options: How.
  /// - Throws: ``ONNXError`` for options that make no sense, weights that are missing or of another shape, and layers
  ///   that the operators do not have; `LayersError` when the graph does not take the image.
  public init(
    _ graph: Graph, name: String, input: Shape, weights: [String: TensorSource],
    properties: [(key: String, value: String)] = [], options: ExportOptions = ExportOptions()
  ) throws {
    try options.check()
    let names = Set(graph.parameters.map(\.name))
    for name in [options.inputName, options.output] where names.contains(name) {
      throw ONNXError(
        .option,
        "'\(name.terminalEscaped)' is a weight of the network; call the input and the output something else "
          + "('--input-name', '--output-name')")
    }
    let shapes = try graph.shapes(input: input)
    var emitter = GraphEmitter(graph, shapes: shapes, weights: try ExportWeights(graph, weights), options: options)
    try emitter.run()
    model = .with {
      $0.irVersion = Int64(Opset.irVersion(options.opset))
      $0.opsetImport = [.with { $0.version = Int64(options.opset) }]
      $0.producerName = "zoo"
      $0.producerVersion = "0.1.0"
      $0.metadataProps = properties.map { property in
        .with {
          $0.key = property.key
          $0.value = property.value
        }
      }
      $0.graph = .with {
        $0.name = name
        $0.node = emitter.nodes
        $0.input = [ONNXValueInfo(options.inputName, batch: options.batch, input.dimensions)]
        $0.output = [ONNXValueInfo(options.output, batch: options.batch, shapes[graph.output.index].dimensions)]
      }
    }
    tensors = emitter.tensors
    largestMessage = options.largestMessage
  }

  /// The number of nodes.
  public var nodeCount: Int { model.graph.node.count }

  /// The bytes of all weights.
  public var weightByteCount: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

  /// Writes the model, with a file beside it for weights of 2 GiB and more. Each file appears whole or not at all, and the
  /// weights pass through memory a few at a time.
  /// - Returns: The names of the files that were written, the model's first.
  /// - Throws: `CheckpointError`.
  @discardableResult
  public func write(to path: String) throws -> [String] {
    var head = model
    head.clearGraph()
    return try OnnxWriter(
      model: head.serializedBytes(), graph: model.graph.serializedBytes(), tensors: tensors,
      largestMessage: largestMessage
    ).write(to: path)
  }
}
