package import Tensors

/// A graph in a form that can be written down: its operations, the names of its parameters, and nothing that follows from
/// these. What is read is checked before it becomes a ``Graph``.
public struct StoredGraph: Sendable, Hashable, Codable {
  /// One operation.
  public struct Node: Sendable, Hashable, Codable {
    /// The module path, `features.0`.
    public let name: String
    /// What it computes.
    public let operation: Operation
    /// Indices of values: 0 is the graph's input, i + 1 the result of node i.
    public let inputs: [Int]
    /// The names of its parameters in the order that the ``Operation`` documents.
    public let parameters: [String]

    /// An operation.
    public init(_ name: String, _ operation: Operation, inputs: [Int], parameters: [String] = []) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
      self.parameters = parameters
    }
  }

  /// The channels that an input image must have.
  public let inputChannels: Int
  /// In the order in which they run.
  public let nodes: [Node]
  /// The value that the graph returns.
  public let output: Int

  /// A graph.
  public init(inputChannels: Int, nodes: [Node], output: Int) {
    self.inputChannels = inputChannels
    self.nodes = nodes
    self.output = output
  }

  /// More nodes are not taken.
  public static let mostNodes = 20_000
  /// Longer names are not taken, in bytes.
  public static let longestName = 512

  /// Refuses what is no graph.
  /// - Throws: ``LayersError`` that names the node.
  public func check() throws(LayersError) {
    func refuse(_ name: String, _ message: String) -> LayersError { LayersError(.argument, module: name, message) }
    guard (1...4096).contains(inputChannels) else { throw refuse("", "images have \(inputChannels) channels") }
    guard nodes.count <= Self.mostNodes else {
      throw refuse("", "it has \(nodes.count) nodes; at most \(Self.mostNodes) are taken")
    }
    guard (0...nodes.count).contains(output) else { throw refuse("", "its result is value \(output), which is none") }
    var names: Set<String> = []
    for (index, node) in nodes.enumerated() {
      let shown = String(node.name.prefix(64))
      guard node.name.utf8.count <= Self.longestName,
        node.parameters.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.longestName })
      else {
        throw refuse(shown, "a name is empty or longer than \(Self.longestName) bytes")
      }
      guard !node.inputs.isEmpty, node.inputs.allSatisfy({ (0...index).contains($0) }) else {
        throw refuse(shown, "takes values \(node.inputs.prefix(8)) that are not there before it")
      }
      do {
        try node.operation.checkAttributes()
      } catch {
        throw refuse(shown, error.message)
      }
      guard let forms = node.operation.parameterForms else {
        throw refuse(shown, "is an operation that is not kept as a graph of its own")
      }
      let expected = forms.count
      guard node.parameters.count == expected else {
        throw refuse(shown, "has \(node.parameters.count) parameters, but its operation has \(expected)")
      }
      for name in node.parameters where !names.insert(name).inserted {
        throw refuse(shown, "the parameter '\(name.prefix(64))' stands twice")
      }
      for form in forms where Shape(checking: form.shape) == nil {
        throw refuse(shown, "a parameter of extents \(form.shape) is too large")
      }
    }
  }

  /// The graph.
  /// - Throws: ``LayersError`` as ``check()`` does.
  public func graph() throws(LayersError) -> Graph {
    try check()
    return Graph(inputChannels: inputChannels, Emitted(stored: self))
  }

  /// What emits the operations as they stand; ``check()`` comes before.
  public var module: any Module { Emitted(stored: self) }

  /// The same with another number of outputs of the last layer that has weights; `nil` when what follows that layer does
  /// not keep them apart.
  public func withClasses(_ count: Int) -> StoredGraph? {
    guard let last = nodes.lastIndex(where: { !$0.parameters.isEmpty }), follows(last) else { return nil }
    let node = nodes[last]
    let operation: Operation
    switch node.operation {
    case .linear(let inFeatures, _, let bias):
      operation = .linear(inFeatures: inFeatures, outFeatures: count, bias: bias)
    case .conv2d(let old) where old.groups == 1:
      operation = .conv2d(
        Conv2dAttributes(
          inChannels: old.inChannels, outChannels: count, kernel: old.kernel, stride: old.stride, padding: old.padding,
          dilation: old.dilation, bias: old.bias))
    default: return nil
    }
    var nodes = nodes
    nodes[last] = Node(node.name, operation, inputs: node.inputs, parameters: node.parameters)
    return StoredGraph(inputChannels: inputChannels, nodes: nodes, output: output)
  }

  /// The outputs of the last layer that has weights, when ``withClasses(_:)`` can change them.
  public var classes: Int? {
    guard let last = nodes.lastIndex(where: { !$0.parameters.isEmpty }), follows(last) else { return nil }
    switch nodes[last].operation {
    case .linear(_, let outFeatures, _): return outFeatures
    case .conv2d(let attributes) where attributes.groups == 1: return attributes.outChannels
    default: return nil
    }
  }

  /// Whether the result is a node's, passed on by operations that keep channels apart, one after the other.
  private func follows(_ last: Int) -> Bool {
    var value = output
    while value > last + 1 {
      let node = nodes[value - 1]
      switch node.operation {
      case .activation, .dropout, .flatten, .adaptiveAvgPool2d, .avgPool2d, .maxPool2d: value = node.inputs[0]
      default: return false
      }
    }
    return value == last + 1
  }

  /// Emits the nodes as they stand.
  private struct Emitted: Module {
    let stored: StoredGraph

    func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
      var values = [input]
      for node in stored.nodes {
        let parameters = zip(node.parameters, node.operation.parameterForms ?? []).map { name, form in
          Parameter(
            name: name, shape: Shape(form.shape), dtype: form.dtype, role: form.role, initializer: form.initializer)
        }
        let place = node.name.isEmpty ? path : path.child(node.name)
        values.append(
          builder.add(node.operation, at: place, inputs: node.inputs.map { values[$0] }, parameters: parameters))
      }
      return values[stored.output]
    }
  }
}

/// What a parameter of an operation is, but for its name.
package struct ParameterForm {
  /// What its name ends with in PyTorch.
  package let suffix: String
  /// The extents.
  package let shape: [Int]
  package var dtype = DType.float32
  package var role = Parameter.Role.trainable
  package var initializer = Initializer.constant(0)
}

extension Operation {
  /// The parameters in the order that the operation documents; `nil` for operations that a ``StoredGraph`` does not have.
  package var parameterForms: [ParameterForm]? {
    switch self {
    case .conv2d(let attributes):
      let weight = [
        attributes.outChannels, attributes.inChannels / max(attributes.groups, 1), attributes.kernel.height,
        attributes.kernel.width,
      ]
      return Self.weighted(weight, bias: attributes.bias)
    case .linear(let inFeatures, let outFeatures, let bias):
      return Self.weighted([outFeatures, inFeatures], bias: bias)
    case .batchNorm2d(let features, _, _):
      return [
        ParameterForm(suffix: "weight", shape: [features], initializer: .constant(1)),
        ParameterForm(suffix: "bias", shape: [features]),
        ParameterForm(suffix: "running_mean", shape: [features], role: .buffer),
        ParameterForm(suffix: "running_var", shape: [features], role: .buffer, initializer: .constant(1)),
        ParameterForm(suffix: "num_batches_tracked", shape: [], dtype: .int64, role: .buffer),
      ]
    case .layerNorm(let features, _):
      return [
        ParameterForm(suffix: "weight", shape: [features], initializer: .constant(1)),
        ParameterForm(suffix: "bias", shape: [features]),
      ]
    case .layerScale(let features):
      return [ParameterForm(suffix: "layer_scale", shape: [features, 1, 1], initializer: .constant(1e-6))]
    case .zeroPad2d, .localResponseNorm, .activation, .maxPool2d, .avgPool2d, .adaptiveAvgPool2d, .dropout,
      .stochasticDepth, .flatten, .permute, .narrow, .channelShuffle, .padChannels, .channelAffine, .add, .multiply,
      .concat:
      return []
    case .classToken, .positionEmbedding, .padTokens, .cropTokens, .mergePatches, .attention: return nil
    }
  }

  /// The shape of the result for inputs of shapes without the batch axis.
  /// - Throws: ``LayersError`` when the attributes make no sense, or the inputs do not fit them.
  package func shape(of inputs: [Shape], at module: String) throws(LayersError) -> Shape {
    do {
      return try resultShape(of: inputs)
    } catch {
      throw LayersError(error.code, module: module, error.message)
    }
  }

  /// Weight and bias as PyTorch starts them.
  private static func weighted(_ weight: [Int], bias: Bool) -> [ParameterForm] {
    let fan = weight.dropFirst().reduce(1.0) { $0 * Double($1) }
    let bound = 1 / max(fan, 1).squareRoot()
    return [
      ParameterForm(
        suffix: "weight", shape: weight, initializer: .kaimingUniform(.fanIn, gain: (1.0 / 3).squareRoot()))
    ]
      + (bias
        ? [ParameterForm(suffix: "bias", shape: [weight[0]], initializer: .uniform(low: -bound, high: bound))] : [])
  }
}
