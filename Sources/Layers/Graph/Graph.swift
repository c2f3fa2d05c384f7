public import Tensors

/// A network as a value: operations in the order in which they run, and the parameters that they use.
///
/// A graph computes nothing and knows no image size; ``shapes(input:)`` checks it against one.
public struct Graph: Sendable, Hashable {
  /// An edge: the result of a node, or the graph's input.
  public struct Value: Sendable, Hashable {
    /// 0 is the input; node i produces value i + 1.
    public let index: Int

    package init(index: Int) { self.index = index }
  }

  /// One operation.
  public struct Node: Sendable, Hashable {
    /// The module path, `features.0`; several nodes of one module may share it.
    public let name: String
    /// What it computes.
    public let operation: Operation
    /// The values that it takes.
    public let inputs: [Value]
    /// The value that it produces.
    public let output: Value
    /// Indices into ``Graph/parameters`` in the order that the ``Operation`` documents.
    public let parameters: [Int]
  }

  /// Logits beside the result that help training: GoogLeNet's auxiliary classifiers.
  public struct Auxiliary: Sendable, Hashable {
    /// The logits.
    public let value: Value
    /// What their loss is multiplied by before it is added.
    public let lossWeight: Double
  }

  /// In the order in which they run: every input is the graph's or an earlier node's.
  public let nodes: [Node]
  /// In the order of the state dict.
  public let parameters: [Parameter]
  /// The channels that an input image must have.
  public let inputChannels: Int
  /// The value that the graph returns.
  public let output: Value
  /// What training looks at beside the result.
  public let auxiliaries: [Auxiliary]
  /// The only size of images that the network takes, in pixels; `nil` when it takes many.
  public let imageSize: Pair?

  /// The graph's input.
  public static let input = Value(index: 0)

  /// The graph of a module that takes images.
  /// - Parameters:
  ///   - inputChannels: The channels of the images, 3 for RGB.
  ///   - module: What the graph computes. Its names start at the root: `features.0.weight`.
  public init(inputChannels: Int, _ module: some Module) {
    var builder = GraphBuilder()
    let output = module.emit(into: &builder, at: ModulePath(), input: Graph.input)
    nodes = builder.nodes
    parameters = builder.parameters
    auxiliaries = builder.auxiliaries
    imageSize = builder.imageSize
    self.inputChannels = inputChannels
    self.output = output
  }

  /// The elements of all trainable parameters: what is called the number of parameters.
  public var parameterCount: Int {
    parameters.reduce(0) { $0 + ($1.role == .trainable ? $1.shape.count : 0) }
  }

  /// The shape of each tensor of the state dict by name.
  public var stateShapes: [String: Shape] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
  }

  /// Indices of the nodes that the result depends on. The others are for training alone.
  public var inferenceNodes: Set<Int> { nodes(for: [output]) }

  /// Indices of the nodes that values depend on.
  package func nodes(for wanted: [Value]) -> Set<Int> {
    var needed: Set<Int> = []
    var values = Set(wanted)
    for index in nodes.indices.reversed() where values.contains(nodes[index].output) {
      needed.insert(index)
      values.formUnion(nodes[index].inputs)
    }
    return needed
  }
}
